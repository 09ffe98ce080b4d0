// Pages of a list by key, not by offset (AIP-158): rows that come and go in between neither repeat nor skip others.
import { hash } from "node:crypto";
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type { Knex } from "knex";
import { fingerprint } from "../calls/fingerprint.ts";
import type { Read } from "../database/reader-thread.ts";
import { readAtOnce, type Sql, type WithClient } from "../database/rows.ts";
import { fail } from "../errors.ts";

/** One column of an order. It is never NULL, the query selects it, and the last column of an order is unique. */
export interface OrderColumn {
  /** May be qualified, `ticket.created_at`; the row then holds `created_at`. */
  readonly column: string;
  readonly direction: "asc" | "desc";
}

/** The value of an order's column in a row. */
export type KeyValue = string | number;

/** The sizes of a page; 50 and 100 if left out. */
export interface PageSizes {
  readonly default?: number;
  readonly max?: number;
}

/** How many rows a page has: the default if none are requested, at most `max` (AIP-158). */
function pageSize(requested: number, { default: usual = 50, max = 100 }: PageSizes = {}): number {
  return Math.min(requested === 0 ? usual : requested, max);
}

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

interface ListRequest {
  readonly pageSize: number;
  readonly pageToken: string;
}

/** What a page token belongs to: a request, whatever its page, and the order that the service makes of it. */
interface TokenScope<D extends DescMessage> {
  readonly schema: D;
  readonly request: MessageShape<D>;
  readonly order: readonly OrderColumn[];
}

function seal<D extends DescMessage>({ schema, request, order }: TokenScope<D>, values: readonly KeyValue[]): string {
  const list = fingerprint(schema, request, ["page_size", "page_token"]);
  return hash("sha256", JSON.stringify([list, order, values]), "base64url").slice(0, 22);
}

/** Makes the opaque token of the page that follows the row with these values; empty if there is none (AIP-158). */
function encodePageToken<D extends DescMessage>(scope: TokenScope<D>, next?: readonly KeyValue[]): string {
  if (next === undefined) return "";
  return Buffer.from(JSON.stringify([seal(scope, next), ...next])).toString("base64url");
}

function parseToken(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, "base64url").toString());
  } catch {
    return undefined;
  }
}

/**
 * Reads a page token; undefined for the first page.
 *
 * @throws ConnectError `PAGE_TOKEN_INVALID` if it is mangled, or was made for another filter or order
 */
function decodePageToken<D extends DescMessage>(scope: TokenScope<D>, token: string): KeyValue[] | undefined {
  if (token === "") return undefined;
  const parsed = parseToken(token);
  if (Array.isArray(parsed)) {
    const [sealed, ...values] = parsed;
    if (values.length === scope.order.length && sealed === seal(scope, values)) return values;
  }
  throw fail(
    Code.InvalidArgument,
    "PAGE_TOKEN_INVALID",
    "The page_token does not belong to this request. Repeat it with the filter and order it was made for, or leave it out to start at the first page.",
  );
}

/** Where a list comes from that is no single query. */
export interface PageSource<Row> {
  page(options: KeysetOptions): Promise<KeysetPage<Row>>;
  /** As `total_size` counts. */
  count(): Promise<number>;
}

type ListScope<D extends DescMessage> = TokenScope<D> & { readonly request: MessageShape<D> & ListRequest };

async function readPage<Row, D extends DescMessage>(
  page: PageSource<Row>["page"],
  scope: ListScope<D>,
  sizes: PageSizes,
) {
  const after = decodePageToken(scope, scope.request.pageToken);
  const { rows, next } = await page({ order: scope.order, limit: pageSize(scope.request.pageSize, sizes), after });
  return { rows, nextPageToken: encodePageToken(scope, next), isWhole: after === undefined && next === undefined };
}

/**
 * Reads the page that a List request asks for; `query` has no order and no limit yet.
 *
 * @throws ConnectError `PAGE_TOKEN_INVALID`, see `decodePageToken`
 */
export async function listPage<Row extends object, D extends DescMessage = DescMessage>(
  query: Knex.QueryBuilder,
  scope: ListScope<D>,
  sizes: PageSizes = {},
): Promise<{ readonly rows: Row[]; readonly nextPageToken: string }> {
  const { rows, nextPageToken } = await readPage((options) => keysetPage<Row>(query, options), scope, sizes);
  return { rows, nextPageToken };
}

/**
 * As `listPage`, with the response's `total_size`. A page that is the whole list tells it, and nothing is counted.
 *
 * @throws ConnectError `PAGE_TOKEN_INVALID`, see `decodePageToken`
 */
export async function countedPage<Row extends object, D extends DescMessage = DescMessage>(
  list: Knex.QueryBuilder | PageSource<Row>,
  scope: ListScope<D>,
): Promise<{ readonly rows: Row[]; readonly nextPageToken: string; readonly totalSize: number }> {
  const source: PageSource<Row> =
    "clone" in list ? { page: (options) => keysetPage(list, options), count: () => sizeOf(list) } : list;
  const { rows, nextPageToken, isWhole } = await readPage(source.page, scope, {});
  return { rows, nextPageToken, totalSize: isWhole ? rows.length : await source.count() };
}

async function countOf({ sql, bindings }: Sql, limit: number, read: Read): Promise<number> {
  const bounded = `select count(*) as count from (${sql} limit ${limit + 1}) as bounded`;
  const [row] = await read<{ count: number }>(bounded, bindings);
  return row?.count ?? 0;
}

/** A query's rows, without their columns and order. */
function bareRows(query: Knex.QueryBuilder): Sql {
  const { client } = query as unknown as WithClient;
  return query.clone().clearSelect().clearOrder().select(client.raw("1")).toSQL();
}

const sizeOf = (query: Knex.QueryBuilder) => totalSize(bareRows(query), readAtOnce(query as unknown as WithClient));

/** Counts the rows of a query without reading past `limit`: exact up to there, then `more` is true. */
export async function countUpTo(
  query: Knex.QueryBuilder,
  limit = 1000,
): Promise<{ readonly count: number; readonly more: boolean }> {
  const count = await countOf(bareRows(query), limit, readAtOnce(query as unknown as WithClient));
  return { count: Math.min(count, limit), more: count > limit };
}

/** Counts the rows of a statement for a response's `total_size`: exact up to 1,000; 1,001 means more than 1,000. */
export function totalSize(rows: Sql, read: Read): Promise<number> {
  return countOf(rows, 1000, read);
}
