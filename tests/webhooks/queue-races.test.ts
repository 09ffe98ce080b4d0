// The end of one delivery and the beginning of the next at the same moment, on PostgreSQL, where both really happen at once.
import { afterEach, beforeEach, expect, it } from "vitest";
import { WebhookDeliveryState } from "#gen/deskwire/ticket/v1/webhook_pb.js";
import { type Database, openDatabase } from "../../runtime/database/database.ts";
import { migrations } from "../../services/ticket/migrations.ts";
import { claim, type DeliveryRow, lockQueues, promote } from "../../services/ticket/webhooks/delivery-store.ts";
import { fanOut } from "../../services/ticket/webhooks/fan-out.ts";
import { settle } from "../../services/ticket/webhooks/settle.ts";
import { eventually } from "../support/processes.ts";
import { openWebhookDesk, type WebhookDesk } from "./desk.ts";

const { DELIVERED, PENDING } = WebhookDeliveryState;
const WEBHOOK = 1001;
const ACCEPTED = { status: 200, error: "" };

let desk: WebhookDesk;
let database: Database;
let first: DeliveryRow;
const now = () => desk.clock.now();

/** Until somebody waits for what this transaction has locked; other tests have locks of their own on the same server. */
async function isWaitedFor(trx: Database["knex"]): Promise<void> {
  const { rows } = await trx.raw("SELECT pg_backend_pid() AS pid");
  const blocked = () => database.knex("pg_stat_activity").whereRaw("? = ANY(pg_blocking_pids(pid))", rows[0].pid);
  await eventually(async () => (await blocked()).length > 0);
}

const claimed = async () => await claim(database, { webhookId: WEBHOOK, limit: 9, now: now(), leaseMs: 60_000 });

// One delivery is under way, and another event of the same ticket is in the log.
beforeEach(async () => {
  desk = await openWebhookDesk("postgres");
  await desk.add({ url: "http://127.0.0.1:9/" });
  const ticketId = await desk.openTicket();
  database = await openDatabase({ name: "test", location: desk.location, migrations, log: () => {} });
  await fanOut(database, now());
  first = (await claimed())[0] as DeliveryRow;
  await desk.tickets.addInternalNote({ ticketId, body: "Second" });
});
afterEach(async () => {
  await database.close();
  await desk[Symbol.asyncDispose]();
});

it("what is queued while the one before ends is due afterwards", async () => {
  let ending: Promise<unknown> | undefined;
  await database.transaction(async (trx) => {
    await lockQueues(trx, true);
    ending = settle(database, { delivery: first, answer: ACCEPTED, now: now() });
    await isWaitedFor(trx);
    const { id: _, ...row } = first;
    const second = { ...row, message_key: "second", event_position: 2, next_attempt_time: null };
    await trx("delivery").insert(second);
    await promote(trx, now(), {});
  });
  expect(await ending).toBe("delivered");
  expect(await claimed()).toMatchObject([{ event_position: 2 }]);
});

it("what is queued after the one before has begun to end is due at once", async () => {
  let queueing: Promise<unknown> | undefined;
  await database.transaction(async (trx) => {
    await lockQueues(trx, false);
    queueing = fanOut(database, now());
    await isWaitedFor(trx);
    const ended = trx("delivery").where({ id: first.id, state: PENDING });
    await ended.update({ state: DELIVERED, next_attempt_time: null });
    await promote(trx, now(), { webhookId: WEBHOOK });
  });
  await queueing;
  expect(await claimed()).toMatchObject([{ event_position: 2 }]);
});
