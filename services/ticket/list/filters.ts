// What ListTickets can be asked for, as conditions; the lanes are apart, see lanes.ts.
import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import type { Knex } from "knex";
import type { ListTicketsRequest } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import type { Database } from "../../../runtime/database/database.ts";
import {
  type KeysetOptions,
  type KeyValue,
  type OrderColumn,
  whereAfter,
  whereUpTo,
} from "../../../runtime/messages/pagination.ts";
import { isOfAnybody, type LaneColumn, laneColumns, laneValues } from "./lanes.ts";
import { OFTEN_EMPTY } from "./migration.ts";
import { goesByPriority } from "./orders.ts";

/** Where the lists look: the tickets, or, where a label narrows them most, the labels, which know lane and times too. */
export interface Source {
  /** A query over `ticket`, by that name whichever table it is, with every condition but the lanes. */
  readonly query: Knex.QueryBuilder;
  /** The column that holds the ticket's number. */
  readonly id: string;
}

function whereTime(
  query: Knex.QueryBuilder,
  column: string,
  from: Timestamp | undefined,
  before: Timestamp | undefined,
) {
  if (from) query.where(column, ">=", timestampMs(from));
  if (before) query.where(column, "<", timestampMs(before));
}

const isOftenEmpty = (column: string) => OFTEN_EMPTY.some((often) => often === column);

/** What lets a database take an index that leaves empty values out (SQLite's documentation, "Partial Indexes"). */
export const notEmpty = (table: string, column: string) => `${table}.${column} <> ''`;

/**
 * Keeps tickets by what only the table `ticket` knows; returns how many conditions that took. `plus` stands before what no
 * index is to be taken for.
 */
function whereOwn(query: Knex.QueryBuilder, table: string, request: ListTicketsRequest, plus: string): number {
  let conditions = 0;
  // What leaves fewer tickets is to be looked up by: without this, an index that leaves empty values out is none for the database.
  const narrowed = (column: string) => request.customerId || (column !== "assignee" && request.assignee);
  const sayNotEmpty = (column: string) => {
    if (isOftenEmpty(column) && !narrowed(column)) query.whereRaw(notEmpty(table, column));
  };
  const where = (column: string, value: string) => {
    query.where(`${table}.${column}`, value);
    sayNotEmpty(column);
    conditions++;
  };
  const [category, ...others] = request.categories;
  if (category !== undefined && others.length === 0) where("category", category);
  if (request.assignee) where("assignee", request.assignee);
  if (request.unassigned && !isOfAnybody(request)) {
    query.where(`${table}.assignee`, "");
    conditions++;
  }
  if (request.team) where("team", request.team);
  if (request.customerId) where("customer_id", request.customerId);
  if (others.length > 0) {
    const places = request.categories.map(() => "?").join(", ");
    query.whereRaw(`${plus}${table}.category in (${places})`, request.categories);
    sayNotEmpty("category");
    conditions++;
  }
  return conditions;
}

function whereTagged(knex: Knex, query: Knex.QueryBuilder, id: string, tags: readonly string[]): void {
  for (const tag of tags) {
    query.whereExists(knex("ticket_tag as other").where("other.tag", tag).whereRaw("other.ticket_id = ??", [id]));
  }
}

/** A list request, and what its conditions need besides. */
export interface ListQuestion {
  readonly request: ListTicketsRequest;
  /** Milliseconds UTC, for what is overdue. */
  readonly now: number;
  /** Keeps the tickets that have the words of the request, if it has any; see search.ts. */
  readonly found?: ((query: Knex.QueryBuilder) => void) | undefined;
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
export function source(database: Database, { request, now, found, ids }: ListQuestion, ordered = false): Source {
  const { knex, dialect } = database;
  // SQLite takes no index for such a term (its documentation, "The Query Planner"); PostgreSQL counts what each would cost.
  const plus = ordered && dialect === "sqlite" ? "+" : "";
  const [tag, ...tags] = request.tags;
  const byTag = tag !== undefined && !found && !ids && !request.assignee && !request.customerId;
  const tickets = ids ? knex(knex.raw(LOOKED_UP, [JSON.stringify(ids)])) : knex("ticket");
  const query = byTag ? knex("ticket_tag as ticket").where("ticket.tag", tag) : tickets;
  const id = byTag ? "ticket.ticket_id" : "ticket.id";
  if (byTag) {
    const whole = knex("ticket as whole").whereRaw("whole.id = ticket.ticket_id");
    if (whereOwn(whole, "whole", request, plus) > 0) query.whereExists(whole);
  } else whereOwn(query, "ticket", request, plus);
  whereTagged(knex, query, id, byTag ? tags : request.tags);
  whereTime(query, "ticket.create_time", request.createdFrom, request.createdBefore);
  whereTime(query, "ticket.update_time", request.updatedFrom, request.updatedBefore);
  whereTime(query, "ticket.due_at", undefined, request.dueBefore);
  if (request.overdue) query.where("ticket.due_at", "<", now);
  if (found) found(query);
  return { query, id };
}

/** The columns that tell the lanes of a list apart, but for the category, which is among the conditions. */
const withoutCategory = (request: ListTicketsRequest) => laneColumns(request).filter((column) => column !== "category");

/** The tickets that a list request asks for, in no order, to be counted. See `source`. */
export function ticketsMatching(database: Database, question: ListQuestion): Knex.QueryBuilder {
  const { request } = question;
  const { query } = source(database, question);
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
  for (const column of columns.slice(0, last + 1)) query.whereIn(`ticket.${column}`, values[column]);
  return query;
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
export function numbersOf(database: Database, question: ListQuestion, stretch: Stretch): Knex.QueryBuilder {
  const lanes = laneValues(question.request);
  const columns = withoutCategory(question.request);
  const [first, ...others] = partsOf(stretch, lanes.priority).map((part) => {
    const { query, id } = source(database, question);
    const values = { ...lanes, priority: part.priority };
    for (const column of columns) query.whereIn(`ticket.${column}`, values[column]);
    const named = (order: readonly OrderColumn[]) =>
      order.map((each) => (each.column === "ticket.id" ? { ...each, column: id } : each));
    if (part.until) whereUpTo(query, named(part.order), part.until);
    if (stretch.after) whereAfter(query, named(stretch.order), stretch.after);
    return query.select(`${id} as id`);
  });
  return (first as Knex.QueryBuilder).unionAll(others);
}
