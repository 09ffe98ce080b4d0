// What a webhook is sent: `{"type", "timestamp", "data"}`, as Standard Webhooks proposes.
import { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import type { EventRow } from "../event-store.ts";

/**
 * The body for an event, the same on every attempt: `type` such as `ticket.message_added`, `timestamp` of the event in
 * RFC 3339, and as `data` the TicketEvent in ProtoJSON, in the very form in which it was logged.
 */
export function payloadOf({ type, create_time, event }: EventRow): string {
  const name = JSON.stringify(`ticket.${TicketEventType[type]?.toLowerCase()}`);
  return `{"type":${name},"timestamp":"${new Date(create_time).toISOString()}","data":${event}}`;
}
