// The priority score: how much a ticket presses, as a sum that explains itself.
import { create } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { type TicketPriorityScore, TicketPriorityScoreSchema } from "#gen/deskwire/ticket/v1/priority_pb.js";
import { type Ticket, TicketPriority, TicketUrgency, WaitingOn } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import type { Factor, Policy } from "../../../runtime/policy/policy.ts";
import { targetOf } from "./due.ts";

/** What a factor gives of its weight, from 0 to 1, and why. */
type Share = readonly [share: number, why: string];

const { LOW, HIGH, URGENT } = TicketPriority;
/** What the desk has said of a ticket. */
const SAID: Partial<Record<TicketPriority, Share>> = {
  [LOW]: [0, "priority low"],
  [HIGH]: [2 / 3, "priority high"],
  [URGENT]: [1, "priority urgent"],
};
/** How its words read, where the desk has said nothing. */
const READ: Record<TicketUrgency, Share> = {
  [TicketUrgency.LOW]: [0.1, "reads as not urgent"],
  [TicketUrgency.UNSPECIFIED]: [0.2, "of usual urgency"],
  [TicketUrgency.MEDIUM]: [0.2, "of usual urgency"],
  [TicketUrgency.HIGH]: [2 / 3, "reads as urgent"],
};

/** Late by the whole target, a ticket has all the points of waiting. */
const FULL_AT = 2;
/** So many times are as bad as any more. */
const OFTEN = 3;
const MINUTE_MS = 60_000;

/** A length of time in words, whole minutes: `2h 30m`. */
function words(ms: number): string {
  const minutes = Math.floor(ms / MINUTE_MS);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return [hours > 0 && `${hours}h`, (rest > 0 || hours === 0) && `${rest}m`].filter(Boolean).join(" ");
}

function waiting(policy: Policy, ticket: Ticket, now: number): Share {
  const since = ticket.waitingSince ? timestampMs(ticket.waitingSince) : now;
  const target = targetOf(policy, ticket);
  const clock = target.clock === "business_hours" ? " in business hours" : "";
  // The time itself is not worked out over years, where it does not matter any more.
  const full = { ...target, ms: target.ms * FULL_AT };
  if (now >= policy.due(full, since)) return [1, `overdue by more than its target of ${words(target.ms)}${clock}`];
  const waited = policy.elapsed(target, since, now);
  const late = waited - target.ms;
  const why =
    late > 0
      ? `overdue by ${words(late)} on a target of ${words(target.ms)}${clock}`
      : `has waited ${words(waited)} of ${words(target.ms)}${clock}`;
  return [waited / full.ms, why];
}

const counted = (count: number, none: string, some: string): Share => [
  Math.min(1, count / OFTEN),
  count === 0 ? none : `${some} ${count === 1 ? "once" : `${count} times`}`,
];

function mood({ sentimentScore }: Ticket): Share {
  if (sentimentScore === undefined) return [0, "mood not read yet"];
  const share = Math.min(1, Math.max(0, -sentimentScore));
  return [share, share > 0 ? `the customer is unhappy (${sentimentScore.toFixed(2)})` : "the customer is not unhappy"];
}

/**
 * How much a ticket presses at a moment, from its stored fields alone. Each factor grows with what it is about, and the score
 * is the sum of their points. Empty while the ticket does not wait on the desk.
 *
 * @param now milliseconds UTC
 */
export function priorityScore(policy: Policy, ticket: Ticket, now: number): TicketPriorityScore {
  if (ticket.waitingOn !== WaitingOn.DESK) return create(TicketPriorityScoreSchema);
  const shares: Record<Factor, Share> = {
    urgency: SAID[ticket.priority] ?? READ[ticket.urgency],
    waiting: waiting(policy, ticket, now),
    sentiment: mood(ticket),
    plan: [policy.planShare(ticket.plan), ticket.plan ? `plan ${ticket.plan}` : "no plan known"],
    reopened: counted(ticket.reopenCount, "never opened again", "opened again"),
    follow_ups: counted(ticket.unansweredFollowUps, "no further message unanswered", "the customer wrote again"),
  };
  const factors = Object.entries(shares).map(([name, [share, why]]) => {
    const points = Math.round(share * policy.weights[name as Factor]);
    return { $typeName: "deskwire.ticket.v1.TicketPriorityFactor" as const, name, points, why };
  });
  const score = factors.reduce((sum, { points }) => sum + points, 0);
  return { $typeName: "deskwire.ticket.v1.TicketPriorityScore", score, factors };
}
