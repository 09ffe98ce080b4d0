// Sends what is due, as long as the ticket service runs. Any number of processes may do so on one database.
import type { Bell } from "../../../runtime/background/bell.ts";
import { keepDoing } from "../../../runtime/background/keep-doing.ts";
import type { Database } from "../../../runtime/database/database.ts";
import type { Log } from "../../../runtime/log.ts";
import { formatId } from "../../../runtime/messages/ids.ts";
import { sign } from "../../../runtime/standard-webhooks.ts";
import type { EventRow } from "../event-store.ts";
import { claim, type DeliveryRow, dueTimes } from "./delivery-store.ts";
import { fanOut } from "./fan-out.ts";
import { payloadOf } from "./payload.ts";
import { post } from "./post.ts";
import { release, settle } from "./settle.ts";
import type { Targets } from "./target.ts";
import { secretsAt, type WebhookRow } from "./webhook-store.ts";

/** Attempts at once to one endpoint, from one process: a slow one holds up itself alone. */
const CONCURRENCY = 8;
/** Twice what an attempt may take; after it, the attempt of a process that died is made again. */
const LEASE_MS = 30_000;

/** What the dispatcher stands on. */
export interface DispatcherOptions {
  readonly database: Database;
  readonly targets: Targets;
  readonly bell: Bell;
  /** Milliseconds UTC. */
  readonly now: () => number;
  readonly log: Log;
}

/** Queues the events of the log for the webhooks that ask for them, and posts them. */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #closing = new AbortController();
  /** Attempts under way, by webhook. */
  readonly #underWay = new Map<number, Set<Promise<void>>>();
  #running: Promise<void> | undefined;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Begins, until `stop`. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends what is under way, gives it back, and resolves when nothing touches the database any more. */
  async stop(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    await this.settled();
  }

  /** Queues all that has happened and begins all attempts that are due and may begin. */
  async round(): Promise<void> {
    const { database, now } = this.#options;
    while (!this.#closing.signal.aborted && (await fanOut(database, now())));
    for (const { id, due } of await dueTimes(database.knex)) {
      const free = CONCURRENCY - (this.#underWay.get(id)?.size ?? 0);
      if (due !== null && due <= now() && free > 0) await this.#begin(id, free);
    }
  }

  /** Resolves when no attempt is under way. */
  async settled(): Promise<void> {
    await Promise.all([...this.#underWay.values()].flatMap((attempts) => [...attempts]));
  }

  async #run(): Promise<void> {
    const { bell, log } = this.#options;
    const { signal } = this.#closing;
    const roundAndWait = async () => {
      // Taken before the look, so that what happens in between is not slept over.
      const news = bell.next(signal);
      await this.round();
      await news;
    };
    await keepDoing(roundAndWait, signal, (error, isFirst) => {
      if (isFirst) log("webhooks wait: the database cannot be read", { error }, "warn");
    });
  }

  async #begin(webhookId: number, limit: number): Promise<void> {
    const { database, now } = this.#options;
    if (this.#closing.signal.aborted) return;
    const webhook: WebhookRow | undefined = await database.knex("webhook").where({ id: webhookId }).first();
    if (!webhook) return;
    const claimed = await claim(database, { webhookId, limit, now: now(), leaseMs: LEASE_MS });
    const positions = claimed.map(({ event_position }) => event_position);
    const events: EventRow[] = await database.knex("event").whereIn("position", positions);
    for (const delivery of claimed) {
      const event = events.find(({ position }) => position === delivery.event_position);
      if (event) this.#track(webhookId, this.#attempt(webhook, delivery, payloadOf(event)));
    }
  }

  #track(webhookId: number, attempt: Promise<void>): void {
    const attempts = this.#underWay.get(webhookId) ?? new Set();
    this.#underWay.set(webhookId, attempts);
    const ended = attempt.then(() => {
      attempts.delete(ended);
      if (attempts.size === 0) this.#underWay.delete(webhookId);
      // The next of its queue is due now.
      this.#options.bell.ring();
    });
    attempts.add(ended);
  }

  async #attempt(webhook: WebhookRow, delivery: DeliveryRow, body: string): Promise<void> {
    const { database, targets, now, log } = this.#options;
    const { signal } = this.#closing;
    const named = { webhook: formatId("WHK", webhook.id), delivery: delivery.message_key };
    try {
      const signature = sign(secretsAt(webhook, now()), delivery.message_key, now(), body);
      const headers = { "content-type": "application/json", "user-agent": "Deskwire", ...signature };
      const answer = await post(targets, { url: webhook.url, headers, body, signal });
      const outcome = await settle(database, { delivery, answer, now: now() });
      if (outcome === "dead") log("webhook delivery is a dead letter", { ...named, status: answer.status }, "warn");
    } catch (error) {
      if (signal.aborted) await release(database, delivery, now()).catch(() => {});
      // The lease runs out, and then the attempt is made again.
      else log("the end of a webhook's delivery could not be stored", { ...named, error });
    }
  }
}
