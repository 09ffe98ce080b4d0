// The heart of the metrics: what one event of a ticket means, as facts. Pure: the same events always give the same facts.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import { type TicketEvent, TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { MessageVisibility } from "#gen/deskwire/ticket/v1/message_pb.js";
import { TicketStatus, WaitingOn } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { methodName } from "../../../runtime/calls/call.ts";
import { levelOf, type Policy, type TargetKind } from "../../../runtime/policy/policy.ts";
import { Answered, type Elapsed, type Fact, type Measured, type Mood } from "./facts.ts";
import { type Clock, changed, isActive, isSameSegment, type TicketState, withChanges } from "./ticket-state.ts";

/** Goes up whenever the same events make other facts, or facts are stored otherwise; then all is counted anew. */
export const PROJECTION_VERSION = 3;

const IMPORTED = methodName(TicketService.method.importTickets);

/** What the meaning of an event depends on, besides the ticket. */
export interface Rules {
  readonly policy: Policy;
  /** How the customer's text of an event reads, see `textOf`. */
  readonly mood: (event: TicketEvent) => Mood;
}

/** What an event comes to. */
export interface Projected {
  readonly state: TicketState | undefined;
  readonly facts: readonly Fact[];
}

/** A message that came over with a merge was counted in the ticket it was written to. */
function ownPublicMessage({ type, message }: TicketEvent) {
  if (type !== TicketEventType.MESSAGE_ADDED || !message || message.mergedFrom !== "") return undefined;
  return message.visibility === MessageVisibility.PUBLIC ? message : undefined;
}

/** The customer's words in an event: the opening text, or a message; undefined where there are none. */
export function textOf(event: TicketEvent): string | undefined {
  if (event.type === TicketEventType.CREATED) {
    return `${changed(event.changes, "subject") ?? ""}\n${changed(event.changes, "description") ?? ""}`;
  }
  const message = ownPublicMessage(event);
  return message?.author?.kind === ActorKind.CUSTOMER ? message.body : undefined;
}

/** What a clock shows at a moment. */
function reading({ wall, business, since }: Clock, time: number, { calendar }: Policy): Elapsed {
  if (since === undefined || time <= since) return { wall, business };
  return { wall: wall + time - since, business: business + calendar.businessMsBetween(since, time) };
}

/** The clock from a moment on: it runs while the desk has to work, and, as the policy says, while the customer has to act. */
function turned(state: TicketState, time: number, policy: Policy): Clock {
  const pauses = policy.pauseWhileWaitingOnCustomer && state.waitingOn === WaitingOn.CUSTOMER;
  const runs = isActive(state) && !pauses;
  if (runs === (state.clock.since !== undefined)) return state.clock;
  return runs ? { ...state.clock, since: time } : reading(state.clock, time, policy);
}

function measured(
  kind: TargetKind,
  now: Elapsed,
  from: Elapsed | undefined,
  state: TicketState,
  policy: Policy,
): Measured {
  const wall = now.wall - (from?.wall ?? 0);
  const business = now.business - (from?.business ?? 0);
  const target = policy.target(kind, levelOf(state), state.plan);
  return { wall, business, met: (target.clock === "business_hours" ? business : wall) <= target.ms };
}

/**
 * When a ticket was opened: an import brings tickets that are older than their event. None counts as older than 1970, where time
 * begins for the figures: of two thousand years, as an empty date in some files has it, the hours would be worked out for seconds.
 */
function openingTime(event: TicketEvent, time: number): number {
  const written = Date.parse(changed(event.changes, "create_time") ?? "");
  return event.method === IMPORTED && !Number.isNaN(written) ? Math.max(0, Math.min(written, time)) : time;
}

function opened(event: TicketEvent, time: number, { policy, mood }: Rules): Projected {
  const from = openingTime(event, time);
  const state = withChanges(undefined, event);
  const begun = { ...state, firstPending: event.method !== IMPORTED };
  const backlog = isActive(state) ? 1 : 0;
  return {
    state: { ...begun, clock: turned(begun, from, policy) },
    facts: [{ kind: "created", time: from, segment: state.segment, backlog, mood: mood(event) }],
  };
}

/**
 * A first answer that came over with a merge was measured in the ticket in which it was given. Whoever waits for an answer
 * after it waits for the next one, from the merge on.
 */
function answeredByMerge(state: TicketState, { message, changes }: TicketEvent, time: number, policy: Policy) {
  // The log does not say who gave that answer: where an AI agent's does not count, one of a person's own is waited for.
  const came = message?.mergedFrom && policy.aiReplyStopsFirstResponse && changed(changes, "first_response_time");
  if (!came || !state.firstPending) return state;
  const waits = isActive(state) && state.waitingOn === WaitingOn.DESK;
  return { ...state, firstPending: false, ...(waits && { nextFrom: reading(state.clock, time, policy) }) };
}

/** A ticket that changes hands while it is open or in progress. */
function moved(before: TicketState, { segment }: TicketState, time: number): Fact[] {
  if (!isActive(before) || isSameSegment(before.segment, segment)) return [];
  return [
    { kind: "left", time, segment: before.segment, backlog: -1 },
    { kind: "entered", time, segment, backlog: 1 },
  ];
}

function spoken(
  state: TicketState,
  event: TicketEvent,
  time: number,
  { policy, mood }: Rules,
): Projected & { state: TicketState } {
  const { segment, clock, firstPending, nextFrom } = state;
  const kind = ownPublicMessage(event)?.author?.kind;
  const now = reading(clock, time, policy);
  const common = { time, segment, backlog: 0 } as const;
  if (kind === ActorKind.CUSTOMER) {
    const waits = firstPending || nextFrom ? {} : { nextFrom: now };
    return { state: { ...state, ...waits }, facts: [{ kind: "message", ...common, mood: mood(event) }] };
  }
  if (kind !== ActorKind.AGENT && kind !== ActorKind.AI) return { state, facts: [] };
  const by = kind === ActorKind.AI ? Answered.AI : Answered.PEOPLE;
  const replied = { ...state, answered: (state.answered | by) as Answered };
  const counts = by === Answered.PEOPLE || policy.aiReplyStopsFirstResponse;
  const of = firstPending ? "first" : "next";
  if (!counts || (!firstPending && !nextFrom)) return { state: replied, facts: [{ kind: "reply", ...common, by }] };
  const response = {
    of,
    ...measured(`${of}_response`, now, firstPending ? undefined : nextFrom, state, policy),
  } as const;
  const { nextFrom: _answered, ...rest } = replied;
  return { state: { ...rest, firstPending: false }, facts: [{ kind: "reply", ...common, by, response }] };
}

function statusFacts(
  before: TicketState,
  state: TicketState,
  event: TicketEvent,
  time: number,
  policy: Policy,
): Fact[] {
  const { segment, status } = state;
  const [was, is] = [isActive(before), isActive(state)];
  const common = { time, segment, backlog: 0 } as const;
  if (status === before.status) return [];
  if (event.type === TicketEventType.MERGED) return [{ kind: "merged", ...common, backlog: was ? -1 : 0 }];
  const closed: Fact[] = status === TicketStatus.CLOSED ? [{ kind: "closed", ...common }] : [];
  if (was && !is) {
    const resolution = measured("resolution", reading(before.clock, time, policy), undefined, state, policy);
    return [{ kind: "resolved", ...common, backlog: -1, by: state.answered, resolution }, ...closed];
  }
  return !was && is ? [{ kind: "reopened", ...common, backlog: 1 }] : closed;
}

/**
 * Makes the facts of an event, and the ticket's state after it.
 *
 * @param before the state that the ticket's events before this one left; undefined where there are none, and then only the
 *   event of its opening means anything
 */
export function project(before: TicketState | undefined, event: TicketEvent, rules: Rules): Projected {
  const time = event.createTime ? timestampMs(event.createTime) : 0;
  if (before === undefined) {
    return event.type === TicketEventType.CREATED ? opened(event, time, rules) : { state: undefined, facts: [] };
  }
  const { policy } = rules;
  const fields = withChanges(before, event);
  const clocked = answeredByMerge({ ...fields, clock: turned(fields, time, policy) }, event, time, policy);
  const { state, facts } = spoken(clocked, event, time, rules);
  const status = statusFacts(before, state, event, time, policy);
  const { nextFrom: _dropped, ...done } = state;
  return {
    // Nobody waits for an answer in a ticket that is done.
    state: isActive(before) && !isActive(state) ? done : state,
    facts: [...moved(before, state, time), ...facts, ...status],
  };
}
