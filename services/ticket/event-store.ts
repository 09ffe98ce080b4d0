// The log in the database.
import { create, fromJson, type MessageInitShape, toJson } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Knex } from "knex";
import { type TicketEvent, TicketEventSchema, type TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { lastTaken, take } from "../../runtime/database/counter.ts";
import { insertRowsLate } from "../../runtime/database/rows.ts";
import { parseId } from "../../runtime/messages/ids.ts";
import type { Change } from "./differences.ts";
import { assertNoneErased } from "./erasure/erased-customers.ts";
import { bringsText } from "./erasure/redact-event.ts";

/** A row of the table `event`. */
export interface EventRow {
  readonly position: number;
  readonly ticket_id: number;
  readonly type: number;
  readonly create_time: number;
  readonly event: string;
}

/** An event that has no position yet, its changes as the log has them. */
export type NewEvent = Omit<MessageInitShape<typeof TicketEventSchema>, "position" | "changes"> & {
  readonly ticketId: string;
  readonly changes?: readonly Change[];
};

/** An event as the log keeps it, but for its position. */
export interface WrittenEvent {
  readonly row: Omit<EventRow, "position">;
  /** The customer of whom it brings a text; undefined where it brings none. */
  readonly textOf: string | undefined;
}

/** What an event has of its own where others are written with it. */
type OwnOfEvent = Pick<NewEvent, "ticketId" | "customerId" | "etag" | "changes">;

/**
 * Writes down events of different tickets: what they have in common is turned into JSON once. It can be done before their turn
 * in the log has come, which lasts the shorter for it.
 */
export function eventWriter(common: Omit<NewEvent, keyof OwnOfEvent>): (own: OwnOfEvent) => WrittenEvent {
  const event = create(TicketEventSchema, common as never);
  const json = toJson(TicketEventSchema, event) as object;
  const create_time = event.createTime ? timestampMs(event.createTime) : 0;
  return ({ ticketId, customerId = "", etag, changes = [] }) => {
    const own = { customerId: customerId || undefined, etag: etag || undefined };
    const text = JSON.stringify({ ticketId, ...json, ...own, changes: changes.length > 0 ? changes : undefined });
    return {
      row: { ticket_id: parseId(ticketId), type: event.type, create_time, event: text },
      textOf: bringsText({ ...common, changes }) ? customerId : undefined,
    };
  };
}

/** As `eventWriter`, for one event. */
function writeEvent(newEvent: NewEvent): WrittenEvent {
  const { ticketId: _, customerId: __, etag: ___, changes: ____, ...common } = newEvent;
  return eventWriter(common)(newEvent);
}

/** Puts the position first in the JSON of an event: whatever else it has, its ticket is in it. */
const withPosition = (json: string, position: number) => `{"position":"${position}",${json.slice(1)}`;

/**
 * Appends events at the end of the log, in this order.
 *
 * Positions come from a counter that stays locked until the transaction ends, so their order is the order of commits. Call
 * it last in a transaction: from here on, other writers wait.
 *
 * @throws ConnectError `failed_precondition` (CUSTOMER_ERASED) for an event that brings a text of a customer who was erased
 */
export async function appendWritten(trx: Knex.Transaction, events: readonly WrittenEvent[]): Promise<void> {
  if (events.length === 0) return;
  const first = await take(trx, "event", events.length);
  // Only under the lock of the counter is it sure that nobody erases the customer at this moment.
  await assertNoneErased(trx, new Set(events.flatMap(({ textOf }) => textOf ?? [])));
  const rows: EventRow[] = events.map(({ row }, index) => {
    const position = first + index;
    return { position, ...row, event: withPosition(row.event, position) };
  });
  await insertRowsLate(trx, "event", rows);
}

/** As `appendWritten`, for events that are not written down yet. */
export async function appendEvents(trx: Knex.Transaction, events: readonly NewEvent[]): Promise<void> {
  await appendWritten(trx, events.map(writeEvent));
}

/** Position of the newest event; 0 for none. */
export const endOfLog = (db: Knex): Promise<number> => lastTaken(db, "event");

/** Reads a row as a message. */
export function toEvent(row: EventRow): TicketEvent {
  return fromJson(TicketEventSchema, JSON.parse(row.event), { ignoreUnknownFields: true });
}

/** The order of the log. */
export const BY_POSITION = [{ column: "position", direction: "asc" }] as const;

/** The events of a ticket, in no order yet. */
export function eventsOf(db: Knex, ticketId: string): Knex.QueryBuilder {
  return db("event").where({ ticket_id: parseId(ticketId) });
}

/** The events after a position, of these types, or of all where none is named; in no order yet. */
export function eventsAfter(db: Knex, position: bigint, types: readonly TicketEventType[]): Knex.QueryBuilder {
  const query = db("event").where("position", ">", position as never);
  return types.length > 0 ? query.whereIn("type", types) : query;
}
