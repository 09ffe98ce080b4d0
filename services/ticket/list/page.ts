// One page of tickets, merged from lanes that each come out of an index in order: the work is that of the page, however many
// tickets there are.
import type { Database } from "../../../runtime/database/database.ts";
import {
  isAfter,
  type KeysetOptions,
  type KeysetPage,
  type OrderColumn,
  pageOf,
} from "../../../runtime/database/keyset.ts";
import type { Read } from "../../../runtime/database/reader-thread.ts";
import { type Sql, selectRows } from "../../../runtime/database/rows.ts";
import { type ListedRow, listedColumns } from "../ticket-store.ts";
import { type Source, select } from "./conditions.ts";
import { type ListQuestion, notEmpty, source } from "./filters.ts";
import { type Lane, type LaneColumn, lanesFor } from "./lanes.ts";
import { goesByPriority } from "./orders.ts";

/** Lanes that are read alike. */
interface Group {
  readonly lanes: readonly Lane[];
  /** The order's values behind which reading begins, but for one that the lane itself has. */
  readonly after: KeysetOptions["after"];
}

/** What a page is asked for. */
export interface PageQuestion extends KeysetOptions, ListQuestion {}

/** A page to be merged, and what tells its lanes apart. */
interface Merge extends PageQuestion {
  readonly groups: readonly Group[];
  readonly columns: readonly LaneColumn[];
}

const nameOf = ({ column }: OrderColumn) => column.slice(column.lastIndexOf(".") + 1);
const orderBy = (order: readonly OrderColumn[], table = "") =>
  order.map((each) => `${table}${nameOf(each)} ${each.direction}`).join(", ");

/** Where the page before ended: in an order by priority a lane lies before that, behind it, or in it. */
function groupsOf(lanes: readonly Lane[], columns: readonly LaneColumn[], { order, after }: KeysetOptions): Group[] {
  if (after === undefined || !goesByPriority(order)) return [{ lanes, after }];
  const [priority, ...rest] = after;
  const own = columns.indexOf("priority");
  const groups: Group[] = [
    { lanes: lanes.filter((lane) => lane[own] === priority), after: rest },
    { lanes: lanes.filter((lane) => Number(lane[own]) < Number(priority)), after: undefined },
  ];
  return groups.filter((group) => group.lanes.length > 0);
}

/** Numbers and order values of the tickets of one lane; `inLane`, which comes last, says of which. */
function oneLane(database: Database, { columns, ...question }: Merge, after: Group["after"], inLane: string): Sql {
  const { order } = question;
  const byCategory = columns.includes("category");
  const request = byCategory ? { ...question.request, categories: [] } : question.request;
  const lane = source(database, { ...question, request }, true);
  const { where, id } = lane;
  const within = goesByPriority(order) ? order.slice(1) : order;
  if (byCategory) where.add(notEmpty("ticket", "category"));
  if (after) {
    const named = within.map((each) => (nameOf(each) === "id" ? { ...each, column: id } : each));
    where.and(isAfter(named, after));
  }
  where.add(inLane);
  const keys = order.map(nameOf).filter((name) => name !== "id");
  return select([...keys.map((name) => `ticket.${name}`), `${id} as id`].join(", "), lane);
}

/** In SQLite all lanes are read at once, each as far as the page goes. */
function mergedOnSqlite(database: Database, merge: Merge): Sql {
  const { order, limit, columns } = merge;
  const inLane = columns.map((column) => `ticket.${column} = ?`).join(" and ");
  const lanes = merge.groups.flatMap((group) => {
    const { sql, bindings } = oneLane(database, merge, group.after, inLane);
    return group.lanes.map((values) => ({ sql, bindings: [...bindings, ...values] }));
  });
  return {
    sql: `${lanes.map(({ sql }) => sql).join(" union all ")} order by ${orderBy(order)} limit ${limit}`,
    bindings: lanes.flatMap(({ bindings }) => bindings),
  };
}

/** PostgreSQL would plan a join of many selects for longer than it runs: it reads lane by lane, a page of each. */
function mergedOnPostgres(database: Database, merge: Merge): Sql {
  const { order, limit, columns } = merge;
  const within = orderBy(goesByPriority(order) ? order.slice(1) : order);
  const inLane = columns.map((column) => `ticket.${column} = lane.${column}`).join(" and ");
  const selects = merge.groups.map((group) => {
    const { sql, bindings } = oneLane(database, merge, group.after, inLane);
    const places = columns.map((column) => (column === "category" ? "?" : "?::int")).join(", ");
    const values = group.lanes.map(() => `(${places})`).join(", ");
    const from = `(values ${values}) as lane (${columns.join(", ")})`;
    return {
      sql: `select rows.* from ${from} cross join lateral (${sql} order by ${within} limit ${limit}) as rows`,
      bindings: [...group.lanes.flat(), ...bindings],
    };
  });
  return {
    sql: `${selects.map(({ sql }) => sql).join(" union all ")} order by ${orderBy(order)} limit ${limit}`,
    bindings: selects.flatMap(({ bindings }) => bindings),
  };
}

/** The rows of the tickets whose numbers and order values a statement finds. */
function rowsOf(sql: string, { order, request }: Pick<PageQuestion, "order" | "request">): string {
  const columns = listedColumns(request.view).join(", ");
  return `select ${columns} from (${sql}) as page join ticket on ticket.id = page.id order by ${orderBy(order, "page.")}`;
}

/** The statement of a page's numbers and order values, merged from lanes; undefined where no lane can hold a ticket of it. */
export function keysStatement(database: Database, question: PageQuestion): Sql | undefined {
  const { lanes, columns } = lanesFor(question.request);
  const groups = groupsOf(lanes, columns, question);
  if (lanes.length === 0 || groups.length === 0) return undefined;
  const merge = { ...question, groups, columns };
  return (database.dialect === "sqlite" ? mergedOnSqlite : mergedOnPostgres)(database, merge);
}

/** The statement of a page. See `keysStatement`. */
export function pageStatement(database: Database, question: PageQuestion): Sql | undefined {
  const keys = keysStatement(database, question);
  return keys && { sql: rowsOf(keys.sql, question), bindings: keys.bindings };
}

/** Reads a page of the tickets that a list asks for. */
export async function ticketPage(database: Database, question: PageQuestion): Promise<KeysetPage<ListedRow>> {
  const { order, limit } = question;
  const statement = pageStatement(database, { ...question, limit: limit + 1 });
  if (statement === undefined) return { rows: [] };
  return pageOf(await selectRows<ListedRow>(database.knex, statement.sql, statement.bindings), order, limit);
}

/** The statement of a page's order values, and those of one more ticket, by a sort of all; narrows `matching` to what is left. */
export function sortedKeys(matching: Source, { order, limit, after }: KeysetOptions): Sql {
  if (after) matching.where.and(isAfter(order, after));
  const { sql, bindings } = select(order.map(({ column }) => column).join(", "), matching);
  return { sql: `${sql} order by ${orderBy(order, "ticket.")} limit ${limit + 1}`, bindings };
}

/** Reads a page of few tickets, all of which are looked at: by what their order goes by, and no further. */
export async function sortedPage(matching: Source, question: PageQuestion, read: Read): Promise<KeysetPage<ListedRow>> {
  const { order, limit } = question;
  const { sql, bindings } = sortedKeys(matching, question);
  return pageOf(await read<ListedRow>(rowsOf(sql, question), bindings), order, limit);
}
