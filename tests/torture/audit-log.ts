// The log held against the state: it has no gaps, and playing it back gives the tickets, conversations and notes as they are.
import { type JsonValue, toJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import { type TicketEvent, TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { type Ticket, TicketSchema, TicketStatus } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import type { Finding } from "./audit.ts";
import type { Stored } from "./stored.ts";

/** Fields that the log leaves out, because they can be told from the events and the desk's policy, or are advice alone. */
const NOT_LOGGED = [
  ...["id", "etag", "update_time", "message_count"],
  ...["due_time", "sentiment_score", "unanswered_follow_ups"],
];

type Fields = Map<string, JsonValue>;

function apply(fields: Fields, { changes }: TicketEvent): void {
  for (const { field, after } of changes) {
    if (after) fields.set(field, toJson(ValueSchema, after));
    else fields.delete(field);
  }
}

function fieldsOf(ticket: Ticket): Fields {
  const json = toJson(TicketSchema, ticket, { useProtoFieldName: true }) as Record<string, JsonValue>;
  return new Map(Object.entries(json).filter(([field]) => !NOT_LOGGED.includes(field)));
}

const inOrder = (fields: Fields) => JSON.stringify([...fields].sort(([a], [b]) => (a < b ? -1 : 1)));

/** The status of its ticket after each call that has a request_id; of a call that was done twice, after the first time. */
export function statusAfter(events: readonly TicketEvent[]): Map<string, TicketStatus> {
  const tickets = new Map<string, Fields>();
  const statuses = new Map<string, TicketStatus>();
  let before: string | undefined;
  for (const event of events) {
    const fields = tickets.get(event.ticketId) ?? new Map();
    tickets.set(event.ticketId, fields);
    apply(fields, event);
    const status = String(fields.get("status")).replace("TICKET_STATUS_", "") as keyof typeof TicketStatus;
    const { requestId } = event;
    if (!statuses.has(requestId) || before === requestId) statuses.set(requestId, TicketStatus[status]);
    before = requestId;
  }
  return statuses;
}

/** What one list has that the other has not. */
function missing(these: Iterable<string>, those: Iterable<string>): string[] {
  const there = new Set(those);
  return [...these].filter((item) => !there.has(item));
}

/** Compares the log with itself, with the tickets and their conversations, and with the notes made from it. */
export function auditLog({ events, tickets, messages, notes, cursor }: Stored): Finding[] {
  const lost: string[] = [];
  events.forEach(({ position }, index) => {
    const before = events[index - 1]?.position ?? 0n;
    if (position !== before + 1n) lost.push(`events between ${before} and ${position}`);
  });

  const replayed = new Map<string, Fields>(tickets.map(({ id }) => [id, new Map()]));
  for (const event of events) {
    const fields = replayed.get(event.ticketId);
    if (fields) apply(fields, event);
    else lost.push(`${event.ticketId}, of which the log tells`);
  }
  for (const ticket of tickets) {
    const [told, found] = [inOrder(replayed.get(ticket.id) ?? new Map()), inOrder(fieldsOf(ticket))];
    if (told !== found) lost.push(`a change of ${ticket.id}: the log says ${told}, the ticket ${found}`);
    const count = messages.filter(({ ticketId }) => ticketId === ticket.id).length;
    if (count !== ticket.messageCount) lost.push(`messages of ${ticket.id}: ${count} of ${ticket.messageCount}`);
  }

  const keyOf = (message: { id: string; ticketId: string; body: string }) =>
    `message ${message.id} of ${message.ticketId}: ${message.body}`;
  const told = events.flatMap(({ message }) => (message ? [keyOf(message)] : []));
  const there = messages.map(keyOf);
  lost.push(...missing(told, there), ...missing(there, told).map((what) => `the event of ${what}`));

  const asked = events.filter(({ type }) => type === TicketEventType.CUSTOMER_NOTE_REQUESTED);
  const positions = asked.map(({ position }) => String(position));
  const kept = notes.flatMap(({ ticket_event }) => (ticket_event === null ? [] : [String(ticket_event)]));
  lost.push(...missing(positions, kept).map((position) => `the note that event ${position} asks for`));
  const behind = asked.filter(({ position }) => position > BigInt(cursor)).length;
  if (behind > 0) lost.push(`${behind} events that the CRM has not read`);

  const doubled = [
    ...missing(kept, positions).map((position) => `a note from event ${position}, which asks for none`),
    ...kept.filter((position, index) => kept.indexOf(position) !== index).map((it) => `the note of event ${it}`),
  ];
  return [
    ...lost.map((what) => ({ kind: "lost", what }) as const),
    ...doubled.map((what) => ({ kind: "doubled", what }) as const),
  ];
}
