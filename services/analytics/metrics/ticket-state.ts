// What has to be remembered of a ticket to make facts of its next event.
import type { FieldChange, TicketEvent } from "#gen/deskwire/ticket/v1/event_pb.js";
import { TicketChannel, TicketStatus, WaitingOn } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import type { Answered, Elapsed, Segment } from "./facts.ts";

/** The time that a ticket was worked on: what has passed, and since when it runs; undefined while it stands still. */
export interface Clock extends Elapsed {
  /** Milliseconds UTC. */
  readonly since?: number;
}

/** A ticket between two events. Plain JSON. */
export interface TicketState {
  readonly segment: Segment;
  readonly status: TicketStatus;
  readonly waitingOn: WaitingOn;
  /** `low`, `normal`, `high` or `urgent`. */
  readonly priority: string;
  /** `low`, `medium` or `high`. */
  readonly urgency: string;
  /** The customer's plan. */
  readonly plan: string;
  readonly clock: Clock;
  /** Whether the first answer is still to come. False for an imported ticket, whose earlier answers nobody knows. */
  readonly firstPending: boolean;
  /** What the clock showed when the customer wrote a message that waits for an answer. */
  readonly nextFrom?: Elapsed;
  readonly answered: Answered;
}

/** Whether a ticket is open or in progress. */
export function isActive({ status }: Pick<TicketState, "status">): boolean {
  return status === TicketStatus.OPEN || status === TicketStatus.IN_PROGRESS;
}

/** The new value of a field that an event changed: undefined where it did not, empty where it cleared it. */
export function changed(changes: readonly FieldChange[], field: string): string | undefined {
  const change = changes.find((candidate) => candidate.field === field);
  if (!change) return undefined;
  const { kind } = change.after ?? {};
  return kind?.case === "stringValue" ? kind.value : "";
}

/** Reads an enum value in ProtoJSON, such as `TICKET_STATUS_OPEN`. */
function enumValue<E extends number>(type: Readonly<Record<string, string | E>>, prefix: string, name: string): E {
  return (type[name.slice(prefix.length)] ?? 0) as E;
}

/** The word for an enum value in ProtoJSON: `high` for `TICKET_PRIORITY_HIGH`; `usual` where none is said. */
function word(name: string, prefix: string, usual: string): string {
  return name.startsWith(prefix) ? name.slice(prefix.length).toLowerCase() : usual;
}

const BEFORE: TicketState = {
  segment: { team: "", assignee: "", channel: TicketChannel.UNSPECIFIED },
  status: TicketStatus.UNSPECIFIED,
  waitingOn: WaitingOn.UNSPECIFIED,
  priority: "normal",
  urgency: "medium",
  plan: "",
  clock: { wall: 0, business: 0 },
  firstPending: true,
  answered: 0,
};

/** The state with an event's field changes, its clock and measurements left as they were. */
export function withChanges(state: TicketState = BEFORE, { changes }: Pick<TicketEvent, "changes">): TicketState {
  if (changes.length === 0) return state;
  const text = (field: string, current: string) => changed(changes, field) ?? current;
  const read = <E extends number>(type: object, prefix: string, field: string, current: E): E => {
    const name = changed(changes, field);
    return name === undefined ? current : enumValue<E>(type as never, prefix, name);
  };
  const { team, assignee, channel } = state.segment;
  const [priority, urgency] = [changed(changes, "priority"), changed(changes, "urgency")];
  return {
    ...state,
    segment: {
      team: text("team", team),
      assignee: text("assignee", assignee),
      channel: read(TicketChannel, "TICKET_CHANNEL_", "channel", channel),
    },
    status: read(TicketStatus, "TICKET_STATUS_", "status", state.status),
    waitingOn: read(WaitingOn, "WAITING_ON_", "waiting_on", state.waitingOn),
    priority: priority === undefined ? state.priority : word(priority, "TICKET_PRIORITY_", "normal"),
    urgency: urgency === undefined ? state.urgency : word(urgency, "TICKET_URGENCY_", "medium"),
    plan: text("plan", state.plan),
  };
}

/** Whether two segments are the same. */
export function isSameSegment(one: Segment, other: Segment): boolean {
  return one.team === other.team && one.assignee === other.assignee && one.channel === other.channel;
}
