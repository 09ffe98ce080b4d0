// By when a ticket is due: since when it waits on the desk, and the target of its level and plan.
import { type Timestamp, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { type Ticket, TicketPriority, TicketUrgency, WaitingOn } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { levelOf, type Policy, type Target } from "../../../runtime/policy/policy.ts";

/** The last moment that google.protobuf.Timestamp can hold. */
const LAST_MS = Date.parse("9999-12-31T23:59:59.999Z");

/** The fields of a ticket that say how soon it is due. */
export type Waiting = Pick<
  Ticket,
  "waitingOn" | "waitingSince" | "priority" | "urgency" | "plan" | "firstResponseTime"
>;

/** The words of an enum in lower case, by their numbers. */
const wordsOf = (names: Readonly<Record<number, string>>): string[] =>
  Object.values(names).flatMap((name) => (typeof name === "string" ? name.toLowerCase() : []));
const PRIORITIES = wordsOf(TicketPriority);
const URGENCIES = wordsOf(TicketUrgency);

/** The target that runs while a ticket waits on the desk. */
export function targetOf(policy: Policy, { priority, urgency, plan, firstResponseTime }: Waiting): Target {
  const level = levelOf({ priority: PRIORITIES[priority] ?? "", urgency: URGENCIES[urgency] ?? "" });
  return policy.target(firstResponseTime ? "next_response" : "first_response", level, plan);
}

/** By when the desk means to act; undefined while the ticket does not wait on the desk. */
export function dueTime(policy: Policy, ticket: Waiting): Timestamp | undefined {
  if (ticket.waitingOn !== WaitingOn.DESK || !ticket.waitingSince) return undefined;
  return timestampFromMs(Math.min(LAST_MS, policy.due(targetOf(policy, ticket), timestampMs(ticket.waitingSince))));
}
