// What ListTickets can be asked for, as conditions; the lanes are apart, see lanes.ts.
import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import type { ListTicketsRequest } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import type { Database } from "../../../runtime/database/database.ts";
import {
  isAfter,
  isUpTo,
  type KeysetOptions,
  type KeyValue,
  type OrderColumn,
} from "../../../runtime/database/keyset.ts";
import type { Sql } from "../../../runtime/database/rows.ts";
import { Conditions, type Source, select } from "./conditions.ts";
import { isOfAnybody, type LaneColumn, laneColumns, laneValues } from "./lanes.ts";
import { OFTEN_EMPTY } from "./migration.ts";
import { goesByPriority } from "./orders.ts";

function whereTime(where: Conditions, column: string, from: Timestamp | undefined, before: Timestamp | undefined) {
  if (from) where.add(`${column} >= ?`, timestampMs(from));
  if (before) where.add(`${column} < ?`, timestampMs(before));
}

const isOftenEmpty = (column: string) => OFTEN_EMPTY.some((often) => often === column);

/** What lets a database take an index that leaves empty values out (SQLite's documentation, "Partial Indexes"). */
export const notEmpty = (table: string, column: string) => `${table}.${column} <> ''`;

/** Keeps tickets by what only the table `ticket` knows. `plus` stands before what no index is to be taken for. */
function whereOwn(where: Conditions, table: string, request: ListTicketsRequest, plus: string): void {
  // What leaves fewer tickets is to be looked up by: without this, an index that leaves empty values out is none for the database.
  const narrowed = (column: string) => request.customerId || (column !== "assignee" && request.assignee);
  const sayNotEmpty = (column: string) => {
    if (isOftenEmpty(column) && !narrowed(column)) where.add(notEmpty(table, column));
  };
  const is = (column: string, value: string) => {
    where.add(`${table}.${column} = ?`, value);
    sayNotEmpty(column);
  };
  const [category, ...others] = request.categories;
  if (category !== undefined && others.length === 0) is("category", category);
  if (request.assignee) is("assignee", request.assignee);
  if (request.unassigned && !isOfAnybody(request)) where.add(`${table}.assignee = ''`);
  if (request.team) is("team", request.team);
  if (request.customerId) is("customer_id", request.customerId);
  if (others.length > 0) {
    where.among(`${plus}${table}.category`, request.categories);
    sayNotEmpty("category");
  }
}

/** A list request, and what its conditions need besides. */
export interface ListQuestion {
  readonly request: ListTicketsRequest;
  /** Milliseconds UTC, for what is overdue. */
  readonly now: number;
  /** Keeps the tickets that have the words of the request, if it has any; see search.ts. */
  readonly found?: Sql;
  /** Numbers of those in SQLite, each once, where they are to be looked up one by one, being fewer than any filter leaves. */
  readonly ids?: readonly number[];
}

/** Not `in`, for which SQLite would make an index of the numbers; it takes the tables of a CROSS JOIN in their order. */
const LOOKED_UP = "json_each(?) as listed cross join ticket not indexed on ticket.id = listed.value";

/**
 * The tickets that a list request asks for, but for their lanes.
 *
 * @param ordered whether rows are to come out of an index in order: one for several categories has them by category
 */
export function source({ dialect }: Database, { request, now, found, ids }: ListQuestion, ordered = false): Source {
  // SQLite takes no index for such a term (its documentation, "The Query Planner"); PostgreSQL counts what each would cost.
  const plus = ordered && dialect === "sqlite" ? "+" : "";
  const [tag, ...tags] = request.tags;
  const byTag = tag !== undefined && !found && !ids && !request.assignee && !request.customerId;
  const tickets = ids ? { sql: LOOKED_UP, bindings: [JSON.stringify(ids)] } : { sql: "ticket", bindings: [] };
  const from = byTag ? { sql: "ticket_tag as ticket", bindings: [] } : tickets;
  const id = byTag ? "ticket.ticket_id" : "ticket.id";
  const where = new Conditions();
  if (byTag) {
    where.add("ticket.tag = ?", tag);
    const whole = new Conditions();
    whereOwn(whole, "whole", request, plus);
    if (whole.sql) {
      where.add(
        `exists (select 1 from ticket as whole where whole.id = ticket.ticket_id and ${whole.sql})`,
        ...whole.bindings,
      );
    }
  } else whereOwn(where, "ticket", request, plus);
  for (const other of byTag ? tags : request.tags) {
    where.add(`exists (select 1 from ticket_tag as other where other.tag = ? and other.ticket_id = ${id})`, other);
  }
  whereTime(where, "ticket.create_time", request.createdFrom, request.createdBefore);
  whereTime(where, "ticket.update_time", request.updatedFrom, request.updatedBefore);
  whereTime(where, "ticket.due_at", undefined, request.dueBefore);
  if (request.overdue) where.add("ticket.due_at < ?", now);
  if (found) where.and(found);
  return { from, where, id };
}

/** The columns that tell the lanes of a list apart, but for the category, which is among the conditions. */
const withoutCategory = (request: ListTicketsRequest) => laneColumns(request).filter((column) => column !== "category");

/** The tickets that a list request asks for, in no order, to be counted. See `source`. */
export function ticketsMatching(database: Database, question: ListQuestion): Source {
  const { request } = question;
  const matching = source(database, question);
  const { statuses, waitingOn, priorities, overdue, dueBefore, createdFrom, createdBefore } = request;
  const times = [dueBefore, createdFrom, createdBefore, request.updatedFrom, request.updatedBefore];
  const byTime = overdue || times.some((time) => time !== undefined);
  const asked: Partial<Record<LaneColumn, boolean>> = {
    status: statuses.length > 0,
    waiting_on: waitingOn !== 0,
    priority: priorities.length > 0,
    unassigned: request.unassigned,
  };
  const columns = withoutCategory(request);
  const values = laneValues(request);
  // An index by lane is of use up to the last column that is asked for, times coming after them, if every one before it is named too.
  const last = columns.findLastIndex((column) => byTime || asked[column]);
  for (const column of columns.slice(0, last + 1)) matching.where.among(`ticket.${column}`, values[column]);
  return matching;
}

/** A part of a list in its order. */
export interface Stretch extends Pick<KeysetOptions, "order" | "after"> {
  /** The order's values in its last ticket; none where it goes to the end. */
  readonly until?: readonly KeyValue[] | undefined;
}

/** In the order by priority a stretch ends within one of them, and has all of the higher ones: as one condition, no index knows it. */
function partsOf({ order, until }: Stretch, priority: readonly number[]) {
  if (until === undefined || !goesByPriority(order)) return [{ priority, order, until }];
  const [last, ...rest] = until;
  return [
    { priority: priority.filter((value) => value === last), order: order.slice(1), until: rest },
    { priority: priority.filter((value) => value > Number(last)), order, until: undefined },
  ].filter((part) => part.priority.length > 0);
}

/** The numbers of the tickets of a stretch, in no order: read from one index, whichever lanes they are in. See `source`. */
export function numbersOf(database: Database, question: ListQuestion, stretch: Stretch): Sql {
  const lanes = laneValues(question.request);
  const columns = withoutCategory(question.request);
  const parts = partsOf(stretch, lanes.priority).map((part) => {
    const stretched = source(database, question);
    const { where, id } = stretched;
    const values = { ...lanes, priority: part.priority };
    for (const column of columns) where.among(`ticket.${column}`, values[column]);
    const named = (order: readonly OrderColumn[]) =>
      order.map((each) => (each.column === "ticket.id" ? { ...each, column: id } : each));
    if (part.until) where.and(isUpTo(named(part.order), part.until));
    if (stretch.after) where.and(isAfter(named(stretch.order), stretch.after));
    return select(`${id} as id`, stretched);
  });
  return {
    sql: parts.map(({ sql }) => sql).join(" union all "),
    bindings: parts.flatMap(({ bindings }) => bindings),
  };
}
