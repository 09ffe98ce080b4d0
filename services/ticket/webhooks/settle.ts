// What follows from the end of an attempt: the delivery's state, the next of its queue, and the state of the answer in it.
import type { Knex } from "knex";
import { MessageDelivery } from "#gen/deskwire/ticket/v1/message_pb.js";
import { WebhookDeliveryState } from "#gen/deskwire/ticket/v1/webhook_pb.js";
import type { Database } from "../../../runtime/database/database.ts";
import { HOUR_MS } from "../../../runtime/time-units.ts";
import { type DeliveryRow, isPendingElsewhere, lockQueues, promote, putDown } from "./delivery-store.ts";
import type { Answer } from "./post.ts";
import { updateWebhook } from "./webhook-store.ts";

/** Attempts before a delivery is a dead letter. With the delays between them, about a day. */
export const MAX_ATTEMPTS = 12;
/** How long after it was queued a delivery is tried again: what waited behind a dead one does not start a day of its own. */
const RETRIED_FOR_MS = 28 * HOUR_MS;
const FIRST_DELAY_MS = 5_000;
const LAST_DELAY_MS = 6 * HOUR_MS;
const JITTER = 0.2;
const GONE = 410;

/**
 * How long to wait after a failed attempt, the first being 1, in milliseconds: 5 s, three times as long each time, at most
 * 6 hours, a fifth more or less so that what failed together does not come back together; longer where the endpoint asks
 * for it, up to those 6 hours.
 */
export function retryDelayMs(attempt: number, retryAfterMs = 0, random = Math.random): number {
  const delay = Math.min(FIRST_DELAY_MS * 3 ** (attempt - 1), LAST_DELAY_MS);
  const spread = delay * (1 - JITTER + 2 * JITTER * random());
  return Math.round(Math.max(spread, Math.min(retryAfterMs, LAST_DELAY_MS)));
}

/** How a delivery ended for this time. */
export type Outcome = "delivered" | "retry" | "dead" | "taken over";

/** The end of an attempt. */
export interface Ended {
  readonly delivery: DeliveryRow;
  readonly answer: Answer;
  /** Milliseconds UTC. */
  readonly now: number;
}

function next({ delivery, answer, now }: Ended): Partial<DeliveryRow> & { readonly state: WebhookDeliveryState } {
  const { DELIVERED, DEAD, PENDING } = WebhookDeliveryState;
  const attempt = { last_attempt_time: now, last_status: answer.status, last_error: answer.error };
  if (answer.error === "") return { ...attempt, state: DELIVERED, next_attempt_time: null };
  const next_attempt_time = now + retryDelayMs(delivery.attempt_count, answer.retryAfterMs);
  const isLate = next_attempt_time > delivery.create_time + RETRIED_FOR_MS;
  if (isLate || delivery.attempt_count >= MAX_ATTEMPTS || answer.status === GONE) {
    return { ...attempt, state: DEAD, next_attempt_time: null };
  }
  return { ...attempt, state: PENDING, next_attempt_time };
}

async function markMessage(trx: Knex.Transaction, delivery: DeliveryRow, delivered: boolean): Promise<void> {
  const message = trx("message").where({ id: delivery.message_id });
  if (delivered) return void (await message.update({ delivery: MessageDelivery.SENT }));
  // Of several webhooks one is enough. The lock lets the later of two that fail together see the other's end.
  const current = await message.clone().forUpdate().first("delivery");
  if (current?.delivery !== MessageDelivery.STORED || (await isPendingElsewhere(trx, delivery))) return;
  await message.update({ delivery: MessageDelivery.FAILED });
}

/** Stores the end of an attempt, all of it or nothing. */
export async function settle(database: Database, ended: Ended): Promise<Outcome> {
  const { delivery, answer, now } = ended;
  const columns = next(ended);
  return await database.transaction(async (trx) => {
    await lockQueues(trx, false);
    if (!(await putDown(trx, delivery, columns))) return "taken over";
    if (columns.state === WebhookDeliveryState.PENDING) return "retry";
    await promote(trx, now, { webhookId: delivery.webhook_id, ticketIds: [delivery.ticket_id] });
    const delivered = columns.state === WebhookDeliveryState.DELIVERED;
    if (delivery.message_id !== null) await markMessage(trx, delivery, delivered);
    if (answer.status === GONE) await updateWebhook(trx, delivery.webhook_id, { disabled: true, update_time: now });
    return delivered ? "delivered" : "dead";
  });
}

/** Gives a delivery back whose attempt was ended from here, as if it had not begun. */
export async function release(database: Database, delivery: DeliveryRow, now: number): Promise<void> {
  const attempt_count = delivery.attempt_count - 1;
  await database.transaction((trx) => putDown(trx, delivery, { attempt_count, next_attempt_time: now }));
}
