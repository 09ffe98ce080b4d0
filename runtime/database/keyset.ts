// Rows of an order by key, not by offset: those that come and go in between neither repeat nor skip others.
import type { Knex } from "knex";
import type { Sql } from "./rows.ts";

/** One column of an order. It is never NULL, the query selects it, and the last column of an order is unique. */
export interface OrderColumn {
  /** May be qualified, `ticket.created_at`; the row then holds `created_at`. */
  readonly column: string;
  readonly direction: "asc" | "desc";
}

/** The value of an order's column in a row. */
export type KeyValue = string | number;

/** Which page of an order. */
export interface KeysetOptions {
  readonly order: readonly OrderColumn[];
  readonly limit: number;
  /** The order's values in the last row of the page before; none for the first page. */
  readonly after?: readonly KeyValue[] | undefined;
}

/** Some rows, and the order's values in the last of them if there are more. */
export interface KeysetPage<Row> {
  readonly rows: Row[];
  readonly next?: readonly KeyValue[];
}

const quoted = (column: string) => column.replaceAll(/\w+/g, '"$&"');

/** What is true of the rows on one side of a row with these values of the order's columns; `isEqual`: and of that row. */
function beside(
  order: readonly OrderColumn[],
  key: readonly KeyValue[],
  side: { readonly isAfter: boolean; readonly isEqual: boolean },
): Sql {
  const [first, ...rest] = order as [OrderColumn, ...OrderColumn[]];
  const [value, ...values] = key;
  const beyond = (first.direction === "asc") === side.isAfter ? ">" : "<";
  if (order.every(({ direction }) => direction === first.direction)) {
    const columns = order.map(({ column }) => quoted(column)).join(", ");
    const places = key.map(() => "?").join(", ");
    return { sql: `(${columns}) ${beyond}${side.isEqual ? "=" : ""} (${places})`, bindings: key };
  }
  const column = quoted(first.column);
  const tied = beside(rest, values, side);
  // The bound on the first column alone is implied; without it no index would be used.
  return {
    sql: `${column} ${beyond}= ? and (${column} ${beyond} ? or (${column} = ? and ${tied.sql}))`,
    bindings: [value, value, value, ...tied.bindings],
  };
}

/** What is true of the rows that come after one with these values of the order's columns. */
export function isAfter(order: readonly OrderColumn[], after: readonly KeyValue[]): Sql {
  return beside(order, after, { isAfter: true, isEqual: false });
}

/** What is true of the rows that come before one with these values of the order's columns, and of that row. */
export function isUpTo(order: readonly OrderColumn[], last: readonly KeyValue[]): Sql {
  return beside(order, last, { isAfter: false, isEqual: true });
}

/** The order's values in a row. */
export function keyOf(row: object, order: readonly OrderColumn[]): KeyValue[] {
  return order.map(({ column }) => {
    const value = (row as Record<string, unknown>)[column.slice(column.lastIndexOf(".") + 1)];
    if (typeof value === "string" || typeof value === "number") return value;
    throw new Error(`The order's column ${column} must be selected, and be text or a number in every row.`);
  });
}

/** Reads one page of a query that has no order and no limit yet. */
export async function keysetPage<Row extends object>(
  query: Knex.QueryBuilder,
  { order, limit, after }: KeysetOptions,
): Promise<KeysetPage<Row>> {
  const page = query.clone().orderBy(order.map(({ column, direction }) => ({ column, order: direction })));
  if (after !== undefined) {
    const { sql, bindings } = isAfter(order, after);
    page.whereRaw(sql, bindings as Knex.RawBinding[]);
  }
  return pageOf(await page.limit(limit + 1), order, limit);
}

/** Makes a page of rows that were read in order, up to one more than the page takes. */
export function pageOf<Row extends object>(
  found: readonly Row[],
  order: readonly OrderColumn[],
  limit: number,
): KeysetPage<Row> {
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  return found.length > limit && last !== undefined ? { rows, next: keyOf(last, order) } : { rows };
}
