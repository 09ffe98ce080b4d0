// By when a ticket is due: since when it waits on the desk, and the target of its level and plan.
import { type Timestamp, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { type Ticket, TicketPriority, TicketUrgency, WaitingOn } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { type Level, levelOf, type Policy, type Target } from "../../../runtime/policy/policy.ts";

/** The last moment that google.protobuf.Timestamp can hold. */
const LAST_MS = Date.parse("9999-12-31T23:59:59.999Z");

/** The fields of a ticket that say how soon it is due. */
export type Waiting = Pick<
  Ticket,
  "waitingOn" | "waitingSince" | "priority" | "urgency" | "plan" | "firstResponseTime"
>;

/** How much a ticket presses, for its targets. */
export function levelOfTicket({ priority, urgency }: Pick<Ticket, "priority" | "urgency">): Level {
  return levelOf({
    priority: TicketPriority[priority].toLowerCase(),
    urgency: TicketUrgency[urgency].toLowerCase(),
  });
}

/** The target that runs while a ticket waits on the desk. */
export function targetOf(policy: Policy, ticket: Waiting): Target {
  const kind = ticket.firstResponseTime ? "next_response" : "first_response";
  return policy.target(kind, levelOfTicket(ticket), ticket.plan);
}

/** By when the desk means to act; undefined while the ticket does not wait on the desk. */
export function dueTime(policy: Policy, ticket: Waiting): Timestamp | undefined {
  if (ticket.waitingOn !== WaitingOn.DESK || !ticket.waitingSince) return undefined;
  return timestampFromMs(Math.min(LAST_MS, policy.due(targetOf(policy, ticket), timestampMs(ticket.waitingSince))));
}
