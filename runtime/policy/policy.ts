// The desk's own rules: its hours, how soon it means to answer, and what makes a ticket come first.
import { type BusinessCalendar, businessCalendar } from "./calendar.ts";
import type { FACTORS, LEVELS, PolicyFile, TARGETS } from "./schema.ts";

/** How much a ticket presses, for its targets. */
export type Level = (typeof LEVELS)[number];
/** What there are targets for. */
export type TargetKind = (typeof TARGETS)[number];
/** What makes up the priority score. */
export type Factor = (typeof FACTORS)[number];

/** How long something may take. */
export interface Target {
  /** Milliseconds above 0, counted by the clock. */
  readonly ms: number;
  readonly clock: "business_hours" | "around_the_clock";
}

/** What a level is made out from, in lower-case words of the contract's enums. */
export interface Pressure {
  /** `low`, `normal`, `high` or `urgent`: what the desk has said. */
  readonly priority: string;
  /** `low`, `medium` or `high`: how the customer's words read; anything else is medium. */
  readonly urgency: string;
}

/** The desk's rules, with the arithmetic that they ask for. Times are milliseconds UTC. */
export interface Policy {
  /** IANA name of the calendar's time zone. */
  readonly timeZone: string;
  readonly calendar: BusinessCalendar;
  /** Whether the time to resolution stands still while the customer has to act. */
  readonly pauseWhileWaitingOnCustomer: boolean;
  /** Whether an AI's answer counts as the first response. */
  readonly aiReplyStopsFirstResponse: boolean;
  /** Points that each factor of the priority score can give; whole numbers that add up to 100. */
  readonly weights: Readonly<Record<Factor, number>>;
  /** The target for a level and a plan; a plan without one of its own has that of all. */
  target(kind: TargetKind, level: Level, plan: string): Target;
  /** When a target that has run since `since` is missed. */
  due(target: Target, since: number): number;
  /** How much of a target's clock has passed from `from` to `to`. */
  elapsed(target: Target, from: number, to: number): number;
  /** How much a plan counts in the priority score, from 0 to 1. */
  planShare(plan: string): number;
  /** Tells two policies apart, for what was worked out under one of them. */
  readonly fingerprint: string;
}

/**
 * How much a ticket presses. What the desk has said counts; where it has said nothing but `normal`, words that read as highly
 * urgent make it high. A text can bring a ticket forward, never put it off: nobody waits longer for having written politely.
 */
export function levelOf({ priority, urgency }: Pressure): Level {
  if (priority === "low" || priority === "high" || priority === "urgent") return priority;
  return urgency === "high" ? "high" : "normal";
}

const planKey = (plan: string) => plan.trim().toLowerCase();

function byPlan<T>(plans: Readonly<Record<string, T>>): ReadonlyMap<string, T> {
  return new Map(Object.entries(plans).map(([plan, value]) => [planKey(plan), value]));
}

/** Makes the rules of a checked file ready for use. */
export function makePolicy(file: PolicyFile, fingerprint: string): Policy {
  const { time_zone: timeZone, business_hours: hours, holidays } = file.calendar;
  // zod's optional keys may be undefined; the calendar takes that for no hours as well.
  const calendar = businessCalendar({ timeZone, hours: hours as never, holidays });
  const planTargets = byPlan(file.plan_targets);
  const planShares = byPlan(file.priority.plans);
  return {
    timeZone,
    calendar,
    pauseWhileWaitingOnCustomer: file.pause_while_waiting_on_customer,
    aiReplyStopsFirstResponse: file.ai_reply_stops_first_response,
    weights: file.priority.weights,
    target(kind, level, plan) {
      const { within, clock } = planTargets.get(planKey(plan))?.[level]?.[kind] ?? file.targets[level][kind];
      return { ms: within, clock };
    },
    due: ({ ms, clock }, since) => (clock === "business_hours" ? calendar.addBusinessMs(since, ms) : since + ms),
    elapsed: ({ clock }, from, to) =>
      clock === "business_hours" ? calendar.businessMsBetween(from, to) : Math.max(0, to - from),
    planShare: (plan) => planShares.get(planKey(plan)) ?? 0,
    fingerprint,
  };
}
