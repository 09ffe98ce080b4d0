// One step of EraseCustomer, within a transaction.
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Knex } from "knex";
import { type Actor, ActorKind, ActorSchema } from "#gen/deskwire/actor/v1/actor_pb.js";
import { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { eraseAnswers } from "../../../runtime/calls/idempotency.ts";
import type { Dialect } from "../../../runtime/database/database.ts";
import { formatId } from "../../../runtime/messages/ids.ts";
import { forgetCustomer } from "../approvals/store.ts";
import type { WriteInfo } from "../draft.ts";
import { appendEvents, type EventRow, type NewEvent } from "../event-store.ts";
import { forgetReceived } from "../inbound/receive-message.ts";
import type { TicketRow } from "../ticket-store.ts";
import { isErased, markErased } from "./erased-customers.ts";
import { ERASED, redactEvent } from "./redact-event.ts";

/** Tickets that one step erases: few enough that nobody notices the wait. */
const STEP = 50;

/** Who appears in the log. */
export const ERASER: Actor = create(ActorSchema, { kind: ActorKind.SYSTEM, id: "erasure", name: "Erasure" });

/** What a step has erased. */
export interface Erased {
  readonly ticketCount: number;
  readonly messageCount: number;
  readonly eventCount: number;
  readonly approvalCount: number;
  readonly answerCount: number;
  /** Whether nothing is left. */
  readonly complete: boolean;
}

const NOTHING: Erased = {
  ...{ ticketCount: 0, messageCount: 0, eventCount: 0, approvalCount: 0, answerCount: 0, complete: false },
};

/** The next tickets of a customer that still have their texts, in the order of their numbers. */
export async function ticketsToErase(db: Knex, customerId: string): Promise<number[]> {
  // Nothing is written to a ticket after this event, so it tells that the whole ticket is done.
  const done = db("event").where({ type: TicketEventType.CUSTOMER_ERASED }).whereRaw("event.ticket_id = ticket.id");
  const left = db("ticket").where({ customer_id: customerId }).whereNotExists(done);
  return await left.orderBy("id").limit(STEP).pluck("id");
}

async function redactLog(trx: Knex.Transaction, ticketId: number, customerId: string): Promise<number> {
  const rows: Pick<EventRow, "position" | "event">[] = await trx("event")
    .where({ ticket_id: ticketId })
    .select("position", "event");
  let count = 0;
  for (const { position, event } of rows) {
    const redacted = redactEvent(event, customerId);
    if (redacted === event) continue;
    await trx("event").where({ position }).update({ event: redacted });
    count++;
  }
  return count;
}

async function eraseTicket(trx: Knex.Transaction, { id, version, customer_id }: TicketRow) {
  const nothing = { subject: ERASED, description: "", custom_fields: "{}", external_id: null };
  await trx("ticket")
    .where({ id })
    .update({ ...nothing, version: version + 1 });
  await trx("unread_ticket").where({ ticket_id: id }).delete();
  const messages = () => trx("message").where({ ticket_id: id });
  await messages().where({ author_kind: ActorKind.CUSTOMER }).update({ author_id: customer_id, author_name: "" });
  return { messageCount: await messages().update({ body: ERASED }), eventCount: await redactLog(trx, id, customer_id) };
}

function erasedEvent({ id, version, customer_id, update_time }: TicketRow, info: WriteInfo): NewEvent {
  const { actor, method, requestId, origin } = info;
  return {
    ...{ ticketId: formatId("TKT", id), customerId: customer_id, type: TicketEventType.CUSTOMER_ERASED },
    ...{ etag: `v${version + 1}`, actor, method, requestId, ...origin },
    createTime: timestampFromMs(Math.max(info.clock(), update_time)),
  };
}

/**
 * Erases what one step takes. The first only marks the customer, so that nothing more is written.
 *
 * @param prepared tickets of whose texts nobody else keeps anything any more; others are left to the next step
 */
export async function eraseStep(
  trx: Knex.Transaction,
  info: WriteInfo,
  dialect: Dialect,
  customerId: string,
  prepared: readonly number[],
): Promise<Erased> {
  const now = info.clock();
  if (!(await isErased(trx, customerId))) {
    await markErased(trx, customerId, now);
    return NOTHING;
  }
  const left = await ticketsToErase(trx, customerId);
  const ids = left.filter((id) => prepared.includes(id));
  // Locked in the order of their numbers, and the log last, as all writers do.
  const tickets: TicketRow[] = await trx("ticket").whereIn("id", ids).orderBy("id").forUpdate();
  let [messageCount, eventCount] = [0, 0];
  for (const ticket of tickets) {
    const erased = await eraseTicket(trx, ticket);
    messageCount += erased.messageCount;
    eventCount += erased.eventCount;
  }
  const done = { ...NOTHING, ticketCount: tickets.length, messageCount, eventCount };
  const events = tickets.map((ticket) => erasedEvent(ticket, info));
  if (left.length > ids.length || left.length === STEP) {
    await appendEvents(trx, events);
    return done;
  }
  const approvalCount = await forgetCustomer(trx, customerId, now);
  const answerCount = await eraseAnswers(trx, dialect, customerId);
  await forgetReceived(trx, dialect, customerId);
  await appendEvents(trx, events);
  return { ...done, approvalCount, answerCount, complete: true };
}
