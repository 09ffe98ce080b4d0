// What the queue needs and no write waited for: due times under the present policy, and readings of words that were not read.
import { create } from "@bufbuild/protobuf";
import type { Knex } from "knex";
import { ActorKind, ActorSchema } from "#gen/deskwire/actor/v1/actor_pb.js";
import { MessageVisibility } from "#gen/deskwire/ticket/v1/message_pb.js";
import { type Ticket, WaitingOn } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import type { Bell } from "../../../runtime/background/bell.ts";
import { Pace } from "../../../runtime/background/pace.ts";
import { OWN_ORIGIN } from "../../../runtime/calls/call.ts";
import type { Database } from "../../../runtime/database/database.ts";
import type { Log } from "../../../runtime/log.ts";
import { formatId, parseId } from "../../../runtime/messages/ids.ts";
import type { Policy } from "../../../runtime/policy/policy.ts";
import { TicketDraft, type WriteInfo } from "../draft.ts";
import { type MessageRow, messagesOf } from "../message-store.ts";
import { findTicket } from "../ticket-store.ts";
import { applyPolicy } from "./apply-policy.ts";
import { firstWords, type Reading, type TextReader } from "./text-reader.ts";

/** Tickets that are read together. */
const BATCH = 20;
/** How long to wait before the next look, where nothing calls for one: another process, or analytics, may be back. */
const IDLE_MS = 10_000;

/** What the catch-up stands on. */
export interface CatchUpOptions {
  readonly database: Database;
  readonly policy: Policy;
  readonly reader: TextReader;
  readonly bell: Bell;
  /** Milliseconds UTC. */
  readonly now: () => number;
  readonly log: Log;
}

/** What the customer wrote last. */
async function latestWords(db: Knex, ticket: Ticket): Promise<string> {
  const theirs = { author_kind: ActorKind.CUSTOMER, visibility: MessageVisibility.PUBLIC };
  const newestFirst = [
    { column: "create_time", order: "desc" },
    { column: "id", order: "desc" },
  ];
  const last: MessageRow | undefined = await messagesOf(db, ticket.id).where(theirs).orderBy(newestFirst).first();
  return last?.body ?? firstWords(ticket);
}

/** Works in the background, as long as the ticket service runs. Any number of processes may do so on one database. */
export class CatchUp {
  readonly #options: CatchUpOptions;
  readonly #closing = new AbortController();
  #wake = Promise.withResolvers<void>();
  #running: Promise<void> | undefined;

  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  /** Begins, until `stop`. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Says that there is something to do now. */
  wake(): void {
    this.#wake.resolve();
  }

  /** Resolves when nothing touches the database any more. */
  async stop(): Promise<void> {
    this.#closing.abort();
    this.wake();
    await this.#running;
  }

  /**
   * Does all there is to do.
   *
   * @throws ConnectError when analytics cannot be asked; what was not read stays to be read
   */
  async round(): Promise<void> {
    const { database, policy } = this.#options;
    const { signal } = this.#closing;
    const pace = new Pace();
    while (!signal.aborted && (await applyPolicy(database, policy))) await pace.rest(signal);
    while (!signal.aborted && (await this.#readSome())) await pace.rest(signal);
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    let failing = false;
    while (!signal.aborted) {
      const woken = this.#wake.promise;
      try {
        await this.round();
        failing = false;
      } catch (error) {
        // One line an outage, not one a try.
        if (!failing) this.#options.log("tickets wait to be read", { error });
        failing = true;
      }
      const idle = setTimeout(() => this.#wake.resolve(), IDLE_MS);
      await woken;
      clearTimeout(idle);
      this.#wake = Promise.withResolvers();
    }
  }

  /** Reads a few tickets; answers whether there may be more. */
  async #readSome(): Promise<boolean> {
    const { database, reader, bell } = this.#options;
    const { knex } = database;
    const ids: number[] = await knex("unread_ticket").orderBy("ticket_id").limit(BATCH).pluck("ticket_id");
    const tickets = (await Promise.all(ids.map((id) => findTicket(knex, formatId("TKT", id))))).filter((it) => !!it);
    if (tickets.length === 0) return false;
    const texts = await Promise.all(tickets.map((ticket) => latestWords(knex, ticket)));
    const readings = await reader.readAll(texts);
    await Promise.all(tickets.map((ticket, index) => this.#keep(ticket, readings[index])));
    bell.ring();
    return true;
  }

  /** Stores a reading, unless the ticket has changed meanwhile: then it is read again. */
  async #keep(ticket: Ticket, reading: Reading | undefined): Promise<void> {
    const { database, policy, now } = this.#options;
    const actor = create(ActorSchema, { kind: ActorKind.SYSTEM, id: "analytics", name: "Analytics" });
    const info: WriteInfo = { actor, clock: now, policy, method: "", requestId: "", origin: OWN_ORIGIN };
    await database.transaction(async (trx) => {
      const draft = await TicketDraft.load(trx, info, ticket.id);
      if (draft.ticket.etag !== ticket.etag) return;
      await trx("unread_ticket")
        .where({ ticket_id: parseId(ticket.id) })
        .delete();
      // What has been answered meanwhile is not in the queue.
      if (reading && draft.ticket.waitingOn === WaitingOn.DESK) await draft.change(reading).save();
    });
  }
}
