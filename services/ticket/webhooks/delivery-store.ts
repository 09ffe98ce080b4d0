// Deliveries in the database: a queue for each ticket and webhook, of which only the first is ever due.
import { create } from "@bufbuild/protobuf";
import { type Timestamp, timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Knex } from "knex";
import {
  type WebhookDelivery,
  WebhookDeliverySchema,
  WebhookDeliveryState,
} from "#gen/deskwire/ticket/v1/webhook_pb.js";
import type { Database } from "../../../runtime/database/database.ts";
import { formatId } from "../../../runtime/messages/ids.ts";

// A literal, because SQLite uses an index over pending rows only where it sees the value in the text of the query.
const IS_PENDING = `state = ${WebhookDeliveryState.PENDING}`;

/** A row of the table `delivery`. */
export interface DeliveryRow {
  readonly id: number;
  readonly message_key: string;
  readonly webhook_id: number;
  readonly event_position: number;
  readonly event_type: number;
  readonly ticket_id: number;
  readonly message_id: number | null;
  readonly state: number;
  readonly attempt_count: number;
  readonly next_attempt_time: number | null;
  readonly last_attempt_time: number | null;
  readonly last_status: number;
  readonly last_error: string;
  readonly create_time: number;
}

const toTime = (ms: number | null): { value?: Timestamp } => (ms === null ? {} : { value: timestampFromMs(ms) });

/** Reads a row as a message. */
export function toDelivery(row: DeliveryRow): WebhookDelivery {
  const next = toTime(row.next_attempt_time).value;
  const last = toTime(row.last_attempt_time).value;
  return create(WebhookDeliverySchema, {
    id: row.message_key,
    webhookId: formatId("WHK", row.webhook_id),
    eventPosition: BigInt(row.event_position),
    eventType: row.event_type,
    ticketId: formatId("TKT", row.ticket_id),
    state: row.state,
    attemptCount: row.attempt_count,
    ...(next && { nextAttemptTime: next }),
    ...(last && { lastAttemptTime: last }),
    lastStatus: row.last_status,
    lastError: row.last_error,
    createTime: timestampFromMs(row.create_time),
  });
}

/** Position in the log up to which deliveries have been made, and the lock of all queues. */
const QUEUES = { name: "webhooks" };

/**
 * Keeps the queues from changing until the transaction ends, and returns the position up to which they have been filled.
 * `exclusive` for whoever adds to queues; those who take the first from one may do so side by side.
 */
export async function lockQueues(trx: Knex.Transaction, exclusive: boolean): Promise<number> {
  const query = trx("cursor").where(QUEUES).first("position");
  return (await (exclusive ? query.forUpdate() : query.forShare())).position;
}

/** The position up to which the queues have been filled. */
export async function queuesPosition(db: Knex): Promise<number> {
  return (await db("cursor").where(QUEUES).first("position")).position;
}

/** How many deliveries are in a state. */
export async function countDeliveries(db: Knex, state: WebhookDeliveryState): Promise<number> {
  const counted = await db("delivery").whereRaw(`state = ${state}`).count({ count: "*" }).first();
  return Number(counted?.count);
}

/** Moves that position on. */
export async function moveQueues(trx: Knex.Transaction, position: number): Promise<void> {
  await trx("cursor").where(QUEUES).update({ position });
}

/** Makes the first of each queue due of which nothing is due yet; needs `lockQueues`. */
export async function promote(
  trx: Knex.Transaction,
  now: number,
  queues: { readonly webhookId?: number; readonly ticketIds?: readonly number[] },
): Promise<void> {
  const firsts = trx("delivery").whereRaw(IS_PENDING).min("id").groupBy("webhook_id", "ticket_id");
  firsts.havingRaw("count(next_attempt_time) = 0");
  if (queues.webhookId !== undefined) firsts.where({ webhook_id: queues.webhookId });
  if (queues.ticketIds !== undefined) firsts.whereIn("ticket_id", queues.ticketIds);
  await trx("delivery").whereIn("id", firsts).update({ next_attempt_time: now });
}

/** The webhooks that are on, with the time at which something is due for each; null where nothing waits. */
export async function dueTimes(db: Knex): Promise<{ readonly id: number; readonly due: number | null }[]> {
  const due = db("delivery").whereRaw(IS_PENDING).whereRaw("webhook_id = webhook.id").min("next_attempt_time");
  return await db("webhook").where({ disabled: false }).select("id", due.as("due"));
}

/**
 * Takes due deliveries for one attempt each. Until `leaseMs` milliseconds have passed nobody else takes them; of two
 * processes that try at the same moment, one gets each.
 */
export async function claim(
  database: Database,
  { webhookId, limit, now, leaseMs }: { webhookId: number; limit: number; now: number; leaseMs: number },
): Promise<DeliveryRow[]> {
  return await database.transaction(async (trx) => {
    const due = () => trx("delivery").whereRaw(IS_PENDING).where("next_attempt_time", "<=", now);
    const ids = due().where({ webhook_id: webhookId }).orderBy(["next_attempt_time", "id"]).limit(limit).select("id");
    return await due()
      .whereIn("id", ids)
      .update({ attempt_count: trx.raw("attempt_count + 1"), next_attempt_time: now + leaseMs })
      .returning("*");
  });
}

/** Puts the end of an attempt down; false where somebody else has taken the delivery over, or it is gone. */
export async function putDown(
  trx: Knex.Transaction,
  { id, attempt_count }: DeliveryRow,
  columns: Partial<DeliveryRow>,
): Promise<boolean> {
  const held = trx("delivery").where({ id, attempt_count }).whereRaw(IS_PENDING);
  return (await held.update(columns)) > 0;
}

/** Whether another delivery of the same event is still on its way. */
export async function isPendingElsewhere(trx: Knex.Transaction, { id, event_position }: DeliveryRow): Promise<boolean> {
  const others = trx("delivery").where({ event_position }).whereNot({ id }).whereRaw(IS_PENDING);
  return (await others.first("id")) !== undefined;
}
