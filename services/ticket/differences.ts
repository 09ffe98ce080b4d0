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
/** A ticket of which nothing is set, as a plain object: `create` would look at every field of each message. */
const EMPTY: Ticket = { ...create(TicketSchema) };

type Field = (typeof LOGGED)[number];

const fieldOf = (ticket: Ticket, { localName }: Field) => ticket[localName as keyof Ticket];
const some = (ticket: Ticket, fields: readonly Field[]): Partial<Ticket> =>
  Object.fromEntries(fields.map((field) => [field.localName, fieldOf(ticket, field)]));

const UNLOGGED = some(
  EMPTY,
  TicketSchema.fields.filter(({ name }) => NOT_LOGGED.has(name)),
);

/** The fields of a ticket that are set. */
function toFields(ticket: Ticket): Record<string, JsonValue> {
  return toJson(TicketSchema, ticket, { useProtoFieldName: true }) as Record<string, JsonValue>;
}

/** The fields in which two states of a ticket differ; without a state before, all that are set. */
export function differences(before: Ticket | undefined, after: Ticket): Change[] {
  if (before === undefined) {
    return Object.entries(toFields({ ...after, ...UNLOGGED })).map(([field, value]) => ({ field, after: value }));
  }
  // What was not touched is the very same, and need not be looked into.
  const touched = LOGGED.filter((field) => fieldOf(before, field) !== fieldOf(after, field));
  const [old, now] = [
    toFields({ ...EMPTY, ...some(before, touched) }),
    toFields({ ...EMPTY, ...some(after, touched) }),
  ];
  return touched
    .map(({ name }) => name)
    .filter((field) => JSON.stringify(old[field]) !== JSON.stringify(now[field]))
    .map((field) => ({
      field,
      ...(old[field] !== undefined && { before: old[field] }),
      ...(now[field] !== undefined && { after: now[field] }),
    }));
}
