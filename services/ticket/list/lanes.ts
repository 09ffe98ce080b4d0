// Lanes: tickets of one status, one party that has to act, and one priority. Every index of the lists goes by lane first, and
// within a lane by an order; so whatever of the three a list asks for, its page is merged from a few lanes, each read in order.
import { TicketPriority, TicketStatus, WaitingOn } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import type { ListTicketsRequest } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";

/** The columns of a lane, in the order of the indexes. */
export const LANE = ["status", "waiting_on", "priority"] as const;

/** The values of a lane's columns. */
export type Lane = readonly [status: TicketStatus, waitingOn: WaitingOn, priority: TicketPriority];

/** Values of each column of a lane that a list takes. */
export type LaneValues = Readonly<Record<(typeof LANE)[number], readonly number[]>>;

const all = (values: Readonly<Record<string, string | number>>): number[] =>
  Object.values(values).filter((value): value is number => typeof value === "number" && value !== 0);

/** The lanes that a list takes. A ticket that is due waits on the desk. */
export function laneValues(request: ListTicketsRequest): LaneValues {
  const { statuses, priorities, waitingOn, overdue, dueBefore } = request;
  const waiting = waitingOn ? [waitingOn] : all(WaitingOn);
  return {
    status: statuses.length > 0 ? statuses : all(TicketStatus),
    waiting_on: overdue || dueBefore ? waiting.filter((value) => value === WaitingOn.DESK) : waiting,
    priority: priorities.length > 0 ? priorities : all(TicketPriority),
  };
}

/** Every lane of these values. */
export function lanesOf({ status, waiting_on, priority }: LaneValues): Lane[] {
  return status.flatMap((one) => waiting_on.flatMap((two) => priority.map((three): Lane => [one, two, three])));
}
