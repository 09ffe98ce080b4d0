// The priority score: how much a ticket presses, as a sum that explains itself.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { TicketPriorityFactor, TicketPriorityScore } from "#gen/deskwire/ticket/v1/priority_pb.js";
import { type Ticket, TicketPriority, TicketUrgency, WaitingOn } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import type { Factor, Policy, Target } from "../../../runtime/policy/policy.ts";
import { MINUTE_MS } from "../../../runtime/time-units.ts";
import { targetOf, type Waiting } from "./due.ts";

/** The fields of a ticket that its score goes by. */
export type Pressing = Waiting & Pick<Ticket, "sentimentScore" | "reopenCount" | "unansweredFollowUps">;

/** A ticket that waits on the desk, at a moment. */
interface Look {
  readonly policy: Policy;
  readonly ticket: Pressing;
  readonly target: Target;
  /** How much of the target's clock has passed, in milliseconds; no longer worked out where that does not matter any more. */
  readonly waited: number;
}

const { LOW, HIGH, URGENT } = TicketPriority;
type Saying = readonly [share: number, why: string];
/** What the desk has said of a ticket. */
const SAID: Partial<Record<TicketPriority, Saying>> = {
  [LOW]: [0, "priority low"],
  [HIGH]: [2 / 3, "priority high"],
  [URGENT]: [1, "priority urgent"],
};
/** How its words read, where the desk has said nothing. */
const READ: Record<TicketUrgency, Saying> = {
  [TicketUrgency.LOW]: [0.1, "reads as not urgent"],
  [TicketUrgency.UNSPECIFIED]: [0.2, "of usual urgency"],
  [TicketUrgency.MEDIUM]: [0.2, "of usual urgency"],
  [TicketUrgency.HIGH]: [2 / 3, "reads as urgent"],
};
const urgency = (ticket: Pressing): Saying => SAID[ticket.priority] ?? READ[ticket.urgency];

/** Late by the whole target, a ticket has all the points of waiting. */
const FULL_AT = 2;
/** So many times are as bad as any more. */
const OFTEN = 3;

/** A length of time in words, whole minutes: `2h 30m`. */
function words(ms: number): string {
  const minutes = Math.floor(ms / MINUTE_MS);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return [hours > 0 && `${hours}h`, (rest > 0 || hours === 0) && `${rest}m`].filter(Boolean).join(" ");
}

function waitedFor(policy: Policy, target: Target, since: number, now: number): number {
  // Not over years, which would all have to be counted.
  const full = { ms: target.ms * FULL_AT, clock: target.clock };
  return now >= policy.due(full, since) ? Number.POSITIVE_INFINITY : policy.elapsed(target, since, now);
}

function waitingInWords({ target, waited }: Look): string {
  const whole = words(target.ms) + (target.clock === "business_hours" ? " in business hours" : "");
  const late = waited - target.ms;
  if (late === Number.POSITIVE_INFINITY) return `overdue by more than its target of ${whole}`;
  return late > 0 ? `overdue by ${words(late)} on a target of ${whole}` : `has waited ${words(waited)} of ${whole}`;
}

const often = (count: number) => Math.min(1, count / OFTEN);
const counted = (count: number, none: string, some: string) =>
  count === 0 ? none : `${some} ${count === 1 ? "once" : `${count} times`}`;

const unhappiness = (score: number) => Math.min(1, Math.max(0, -score));

function moodInWords(score: number | undefined): string {
  if (score === undefined) return "mood not read yet";
  return unhappiness(score) > 0 ? `the customer is unhappy (${score.toFixed(2)})` : "the customer is not unhappy";
}

/** What each factor gives, in the order in which they are told. */
function pointsOf({ policy, ticket, target, waited }: Look): number[] {
  const { weights } = policy;
  return [
    Math.round(urgency(ticket)[0] * weights.urgency),
    Math.round(Math.min(1, waited / (target.ms * FULL_AT)) * weights.waiting),
    Math.round(unhappiness(ticket.sentimentScore ?? 0) * weights.sentiment),
    Math.round(policy.planShare(ticket.plan) * weights.plan),
    Math.round(often(ticket.reopenCount) * weights.reopened),
    Math.round(often(ticket.unansweredFollowUps) * weights.follow_ups),
  ];
}

/** Their names, and why they give what they give. */
const FACTORS: readonly (readonly [name: Factor, why: (look: Look) => string])[] = [
  ["urgency", ({ ticket }) => urgency(ticket)[1]],
  ["waiting", waitingInWords],
  ["sentiment", ({ ticket }) => moodInWords(ticket.sentimentScore)],
  ["plan", ({ ticket }) => (ticket.plan ? `plan ${ticket.plan}` : "no plan known")],
  ["reopened", ({ ticket }) => counted(ticket.reopenCount, "never opened again", "opened again")],
  [
    "follow_ups",
    ({ ticket }) => counted(ticket.unansweredFollowUps, "no further message unanswered", "the customer wrote again"),
  ],
];
const ALL = [...FACTORS.keys()];

/** The places of the `most` largest points, the largest first; those that are 0 are left out. */
function weightiest(points: readonly number[], most: number): number[] {
  const left = [...points];
  const places: number[] = [];
  while (places.length < most) {
    const largest = Math.max(...left);
    if (largest === 0) break;
    const place = left.indexOf(largest);
    places.push(place);
    left[place] = 0;
  }
  return places;
}

/**
 * How much a ticket presses at a moment, from its stored fields alone. Each factor grows with what it is about, and the score
 * is the sum of their points. Empty while the ticket does not wait on the desk.
 *
 * @param now milliseconds UTC
 * @param most tells only of so many factors, of those that give most, the weightiest first; absent: of all
 */
export function priorityScore(policy: Policy, ticket: Pressing, now: number, most?: number): TicketPriorityScore {
  const $typeName = "deskwire.ticket.v1.TicketPriorityScore";
  if (ticket.waitingOn !== WaitingOn.DESK) return { $typeName, score: 0, factors: [] };
  const target = targetOf(policy, ticket);
  const since = ticket.waitingSince ? timestampMs(ticket.waitingSince) : now;
  const look = { policy, ticket, target, waited: waitedFor(policy, target, since, now) };
  const points = pointsOf(look);
  const factors: TicketPriorityFactor[] = [];
  for (const place of most === undefined ? ALL : weightiest(points, most)) {
    const [name, why] = FACTORS[place] as (typeof FACTORS)[number];
    factors.push({
      $typeName: "deskwire.ticket.v1.TicketPriorityFactor",
      name,
      points: points[place] as number,
      why: why(look),
    });
  }
  return { $typeName, score: points.reduce((sum, each) => sum + each), factors };
}
