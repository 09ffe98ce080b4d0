// What a write changed, field by field, for the log.
import { type JsonValue, toJson } from "@bufbuild/protobuf";
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

function loggedFields(ticket: Ticket): Record<string, JsonValue> {
  return toJson(TicketSchema, ticket, { useProtoFieldName: true }) as Record<string, JsonValue>;
}

/** The fields in which two states of a ticket differ; without a state before, all that are set. */
export function differences(before: Ticket | undefined, after: Ticket): Change[] {
  const now = loggedFields(after);
  if (before === undefined) {
    const set = Object.entries(now).filter(([field]) => !NOT_LOGGED.has(field));
    return set.map(([field, value]) => ({ field, after: value }));
  }
  const old = loggedFields(before);
  const fields = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  return fields
    .filter((field) => !NOT_LOGGED.has(field) && JSON.stringify(old[field]) !== JSON.stringify(now[field]))
    .map((field) => ({
      field,
      ...(old[field] !== undefined && { before: old[field] }),
      ...(now[field] !== undefined && { after: now[field] }),
    }));
}
