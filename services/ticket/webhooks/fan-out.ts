// From the log to the queues: each event becomes one delivery for each webhook that asks for it, exactly once.
import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { MessageDelivery } from "#gen/deskwire/ticket/v1/message_pb.js";
import { WebhookDeliveryState } from "#gen/deskwire/ticket/v1/webhook_pb.js";
import type { Database } from "../../../runtime/database/database.ts";
import { parseId } from "../../../runtime/messages/ids.ts";
import { DAY_MS } from "../../../runtime/time-units.ts";
import { type EventRow, eventsAfter, toEvent } from "../event-store.ts";
import { type DeliveryRow, lockQueues, moveQueues, promote } from "./delivery-store.ts";
import { type WebhookRow, wants } from "./webhook-store.ts";

const BATCH = 100;
const ROWS_A_STATEMENT = 250;
const DELIVERED_KEPT_MS = 7 * DAY_MS;
const DEAD_KEPT_MS = 30 * DAY_MS;

/** Whether there is an event that has not been looked at, and a webhook that may ask for it. */
export async function isBehind(db: Knex): Promise<boolean> {
  const end = db("counter").where({ name: "event" }).select("value");
  const behind = db("cursor").where({ name: "webhooks" }).where("position", "<", end);
  const row = await behind.whereExists(db("webhook").where({ disabled: false }).select("id")).first("position");
  return row !== undefined;
}

/** The message whose state follows from the delivery of an event. */
function answerOf(row: EventRow): number | null {
  if (row.type !== TicketEventType.MESSAGE_ADDED) return null;
  const { message } = toEvent(row);
  return message?.delivery === MessageDelivery.STORED ? parseId(message.id) : null;
}

function newDelivery(webhook: WebhookRow, event: EventRow, message_id: number | null, now: number) {
  return {
    message_key: `msg_${randomUUID().replaceAll("-", "")}`,
    webhook_id: webhook.id,
    event_position: event.position,
    event_type: event.type,
    ticket_id: event.ticket_id,
    message_id,
    state: WebhookDeliveryState.PENDING,
    attempt_count: 0,
    next_attempt_time: null,
    last_attempt_time: null,
    last_status: 0,
    last_error: "",
    create_time: now,
  } satisfies Omit<DeliveryRow, "id">;
}

async function forgetOld(trx: Knex.Transaction, now: number): Promise<void> {
  const ended = (state: WebhookDeliveryState, before: number) =>
    trx("delivery").where({ state }).where("last_attempt_time", "<", before).delete();
  await ended(WebhookDeliveryState.DELIVERED, now - DELIVERED_KEPT_MS);
  await ended(WebhookDeliveryState.DEAD, now - DEAD_KEPT_MS);
}

/**
 * Queues the next events of the log, at most 100; returns whether there may be more.
 *
 * The position moves in the transaction that adds the deliveries, and its row is locked: of several processes one works at
 * a time, and whatever dies when, no event is left out or queued twice.
 */
export async function fanOut(database: Database, now: number): Promise<boolean> {
  if (!(await isBehind(database.knex))) return false;
  return await database.transaction(async (trx) => {
    const position = await lockQueues(trx, true);
    const webhooks: WebhookRow[] = await trx("webhook").where({ disabled: false }).orderBy("id").forShare();
    if (webhooks.length === 0) return false;
    const start = Math.max(position, Math.min(...webhooks.map(({ after_position }) => after_position)));
    const events: EventRow[] = await eventsAfter(trx, BigInt(start), []).orderBy("position").limit(BATCH);
    const deliveries = events.flatMap((event) => {
      const answer = answerOf(event);
      return webhooks.flatMap((webhook) => (wants(webhook, event) ? newDelivery(webhook, event, answer, now) : []));
    });
    if (deliveries.length > 0) {
      await trx.batchInsert("delivery", deliveries, ROWS_A_STATEMENT);
      await promote(trx, now, { ticketIds: [...new Set(deliveries.map(({ ticket_id }) => ticket_id))] });
    }
    await moveQueues(trx, events.at(-1)?.position ?? start);
    await forgetOld(trx, now);
    return events.length === BATCH;
  });
}
