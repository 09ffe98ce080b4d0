// What a write changed, field by field, for the log.
import { create, type JsonValue, toJson } from "@bufbuild/protobuf";
import { type Ticket, TicketSchema } from "#gen/deskwire/ticket/v1/ticket_pb.js";

/**
 * Fields that change with every write, or that can be told from the rest of the log and the desk's policy: no news for the
 * log. What was asked of others at the time, `urgency` and `plan`, is in it.
 */
const NOT_LOGGED = new Set([
  ...["id", "etag", "update_time", "message_count"],
  ...["due_time", "sentiment_score", "unanswered_follow_ups"],
]);

/** A FieldChange in ProtoJSON, as the log has it: a `google.protobuf.Value` is in JSON what it stands for. */
export interface Change {
  readonly field: string;
  readonly before?: JsonValue;
  readonly after?: JsonValue;
}

const LOGGED = TicketSchema.fields.filter(({ name }) => !NOT_LOGGED.has(name));

type Field = (typeof LOGGED)[number];

const fieldOf = (ticket: Ticket, { localName }: Field) => ticket[localName as keyof Ticket];

/** Some fields of a ticket, those that are set. */
function toFields(ticket: Ticket, fields: readonly Field[]): Record<string, JsonValue> {
  const some = Object.fromEntries(fields.map((field) => [field.localName, fieldOf(ticket, field)]));
  return toJson(TicketSchema, create(TicketSchema, some), { useProtoFieldName: true }) as Record<string, JsonValue>;
}

/** The fields in which two states of a ticket differ; without a state before, all that are set. */
export function differences(before: Ticket | undefined, after: Ticket): Change[] {
  if (before === undefined) {
    return Object.entries(toFields(after, LOGGED)).map(([field, value]) => ({ field, after: value }));
  }
  // What was not touched is the very same, and need not be looked into.
  const touched = LOGGED.filter((field) => fieldOf(before, field) !== fieldOf(after, field));
  const [old, now] = [toFields(before, touched), toFields(after, touched)];
  return touched
    .map(({ name }) => name)
    .filter((field) => JSON.stringify(old[field]) !== JSON.stringify(now[field]))
    .map((field) => ({
      field,
      ...(old[field] !== undefined && { before: old[field] }),
      ...(now[field] !== undefined && { after: now[field] }),
    }));
}
