// What a write changed, field by field, for the log.
import { create, fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import { type FieldChange, FieldChangeSchema } from "#gen/deskwire/ticket/v1/event_pb.js";
import { type Ticket, TicketSchema } from "#gen/deskwire/ticket/v1/ticket_pb.js";

/**
 * Fields that change with every write, or that can be told from the rest of the log and the desk's policy: no news for the
 * log. What was asked of others at the time, `urgency` and `plan`, is in it.
 */
const NOT_LOGGED = new Set([
  ...["id", "etag", "update_time", "message_count"],
  ...["due_time", "sentiment_score", "unanswered_follow_ups"],
]);
/** The fields in which two states of a ticket differ; without a state before, all that are set. */
export function differences(before: Ticket | undefined, after: Ticket): FieldChange[] {
  const options = { useProtoFieldName: true };
  const old = before ? (toJson(TicketSchema, before, options) as Record<string, JsonValue>) : {};
  const now = toJson(TicketSchema, after, options) as Record<string, JsonValue>;
  const fields = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  return fields
    .filter((field) => !NOT_LOGGED.has(field) && JSON.stringify(old[field]) !== JSON.stringify(now[field]))
    .map((field) =>
      create(FieldChangeSchema, {
        field,
        ...(old[field] !== undefined && { before: fromJson(ValueSchema, old[field]) }),
        ...(now[field] !== undefined && { after: fromJson(ValueSchema, now[field]) }),
      }),
    );
}
