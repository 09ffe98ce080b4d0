// Pages of a list as requests ask for them (AIP-158): their sizes, the tokens that lead on, and how many rows there are.
import { hash } from "node:crypto";
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type { Knex } from "knex";
import { fingerprint } from "../calls/fingerprint.ts";
import {
  type KeysetOptions,
  type KeysetPage,
  type KeyValue,
  keysetPage,
  type OrderColumn,
} from "../database/keyset.ts";
import type { Read } from "../database/reader-thread.ts";
import { readAtOnce, type Sql, type WithClient } from "../database/rows.ts";
import { fail } from "../errors.ts";

/** Rows that a list counts: a few thousand more would be no news, and take as long as the page. */
const COUNTED = 1_000;

/** The sizes of a page; 50 and 100 if left out. */
export interface PageSizes {
  readonly default?: number;
  readonly max?: number;
}

/** How many rows a page has: the default if none are requested, at most `max` (AIP-158). */
function pageSize(requested: number, { default: usual = 50, max = 100 }: PageSizes = {}): number {
  return Math.min(requested === 0 ? usual : requested, max);
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

/** A query's rows, without their columns and order. */
function bareRows(query: Knex.QueryBuilder): Sql {
  const { client } = query as unknown as WithClient;
  return query.clone().clearSelect().clearOrder().select(client.raw("1")).toSQL();
}

const sizeOf = (query: Knex.QueryBuilder) => totalSize(bareRows(query), readAtOnce(query as unknown as WithClient));

/** Counts the rows of a statement for a response's `total_size`: exact up to 1,000; 1,001 means more than 1,000. */
export async function totalSize({ sql, bindings }: Sql, read: Read): Promise<number> {
  const bounded = `select count(*) as count from (${sql} limit ${COUNTED + 1}) as bounded`;
  const [row] = await read<{ count: number }>(bounded, bindings);
  return row?.count ?? 0;
}
