// Lanes: tickets of one status, one party that has to act, and one priority. Every index of the lists goes by lane first, and
// within a lane by an order; so whatever of the three a list asks for, its page is merged from a few lanes, each read in order.
import { TicketPriority, TicketStatus, WaitingOn } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import type { ListTicketsRequest } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { mayWaitOn } from "../status.ts";

/** The columns that all lanes have, in the order of the indexes. */
export const LANE = ["status", "waiting_on", "priority"] as const;

/** Values of each column that a list takes. */
export type LaneValues = Readonly<
  Record<(typeof LANE)[number] | "unassigned", readonly number[]> & { category: readonly string[] }
>;

/** A column that tells lanes apart. */
export type LaneColumn = keyof LaneValues;

/** Values of a lane's columns. */
export type Lane = readonly (string | number)[];

/** Lanes, and what tells them apart. */
interface Lanes {
  readonly lanes: readonly Lane[];
  readonly columns: readonly LaneColumn[];
}

const OF_ANYBODY: readonly LaneColumn[] = [...LANE, "unassigned"];
const OF_CATEGORIES: readonly LaneColumn[] = ["category", ...LANE];

/** SQLite joins no more than 500 selects into one, and each of them has to be begun. */
const MOST_LANES = 256;

/** Every value of an enum but the one for nothing said. */
const allOf = (values: Readonly<Record<string, string | number>>): number[] =>
  Object.values(values).filter((value): value is number => typeof value === "number" && value !== 0);

const STATUSES = allOf(TicketStatus);
const WAITING_ON = allOf(WaitingOn);
const PRIORITIES = allOf(TicketPriority);

/** The lanes that a list takes. A ticket that is due waits on the desk. */
export function laneValues(request: ListTicketsRequest): LaneValues {
  const { statuses, priorities, waitingOn, overdue, dueBefore } = request;
  const waiting = waitingOn ? [waitingOn] : WAITING_ON;
  return {
    status: statuses.length > 0 ? statuses : STATUSES,
    waiting_on: overdue || dueBefore ? waiting.filter((value) => value === WaitingOn.DESK) : waiting,
    priority: priorities.length > 0 ? priorities : PRIORITIES,
    unassigned: request.unassigned ? [1] : [0, 1],
    category: request.categories,
  };
}

/**
 * What tells the lanes of a list apart. Those of anybody's tickets are of assigned ones or of others, so that tickets which nobody has
 * need no indexes of their own. Several categories are as many lanes each, if nothing narrows the list more and they are not too many.
 */
export function laneColumns(request: ListTicketsRequest): readonly LaneColumn[] {
  const { assignee, unassigned, team, customerId, categories, tags } = request;
  if (assignee || team || customerId || tags.length > 0 || categories.length === 1) return LANE;
  const { length } = lanesOf(laneValues(request), OF_CATEGORIES);
  return length > 0 && length <= MOST_LANES && !unassigned ? OF_CATEGORIES : OF_ANYBODY;
}

/** Whether the lanes of a list say which tickets nobody has. */
export const isOfAnybody = (request: ListTicketsRequest): boolean => laneColumns(request) === OF_ANYBODY;

/** Every lane of these values that a ticket can be in: who has to act next goes by the status (`assertWaits`). */
function lanesOf(values: LaneValues, columns: readonly LaneColumn[]): Lane[] {
  const [status, waitingOn] = [columns.indexOf("status"), columns.indexOf("waiting_on")];
  const none: Lane[] = [[]];
  return columns
    .reduce((lanes, column) => lanes.flatMap((lane) => values[column].map((one) => [...lane, one])), none)
    .filter((lane) => mayWaitOn(Number(lane[status]), Number(lane[waitingOn])));
}

/** The lanes of a list. */
export function lanesFor(request: ListTicketsRequest): Lanes {
  const columns = laneColumns(request);
  return { lanes: lanesOf(laneValues(request), columns), columns };
}
