// Tickets by the words in them and in their conversations.
import { create, toBinary } from "@bufbuild/protobuf";
import type { Knex } from "knex";
import { type ListTicketsRequest, ListTicketsRequestSchema } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import type { Database } from "../../../runtime/database/database.ts";
import type { Read } from "../../../runtime/database/reader-thread.ts";
import { type Finds, find, findsAmong } from "../../../runtime/database/search-finds.ts";
import { matchSearch } from "../../../runtime/database/search-words.ts";
import { type PageSource, totalSize } from "../../../runtime/pagination.ts";
import type { ListedRow } from "../ticket-store.ts";
import { type ListQuestion, ticketsMatching } from "./filters.ts";
import { orderColumns } from "./orders.ts";
import { sortedPage } from "./page.ts";
import { type Among, pageWith, walk } from "./walk.ts";

/** Where more tickets are found than these, it is less work to walk through all in order until a page is full than to sort the finds. */
const COMMON = 5_000;
/** How many times as many finds are looked at to know which those are. */
const LOOKED_AT = 2;
const COUNTED = 1_000;

/** What a search has found: pages of it, and how much it is. */
export type Found = PageSource<ListedRow>;

/** Keeps the tickets that were found. */
type Keep = (query: Knex.QueryBuilder) => void;

/** Reads whatever knex has built. */
const run = (read: Read) => (query: Knex.QueryBuilder) => {
  const { sql, bindings } = query.toSQL();
  return read<never>(sql, bindings);
};

/** Pages by a sort of all that was found. */
function sorted(database: Database, question: ListQuestion, read: Read, found: Keep): Found {
  const matching = ticketsMatching(database, { ...question, found });
  return {
    page: (options) => sortedPage(database, matching, { ...options, ...question }, read),
    count: () => totalSize(matching, run(read)),
  };
}

/** Pages by a walk through the tickets in order, as long as that is not too far. */
function walked(database: Database, question: ListQuestion, read: Read, among: Among, all: Found): Found {
  return {
    async page(options) {
      const page = { ...options, ...question };
      const ids = await walk(database, { ...page, limit: options.limit + 1 }, read, among);
      return ids ? pageWith(page, read, ids) : all.page(options);
    },
    async count() {
      const order = orderColumns(question.request.order);
      const ids = await walk(database, { ...question, order, limit: COUNTED + 1 }, read, among);
      return ids ? ids.length : all.count();
    },
  };
}

/** Whether a request asks for words alone. */
function isUnfiltered(request: ListTicketsRequest): boolean {
  const filters = { ...request, query: "", pageSize: 0, pageToken: "", order: 0, view: 0 };
  return toBinary(ListTicketsRequestSchema, create(ListTicketsRequestSchema, filters)).length === 0;
}

/** The tickets of the messages that were found. */
async function ticketsOf(read: Read, { newest }: Finds): Promise<number[]> {
  const sql = "select json_group_array(ticket_id) as ids from message where id in (select value from json_each(?))";
  const [row] = await read<{ ids: string }>(sql, [JSON.stringify(newest)]);
  return JSON.parse(row?.ids ?? "[]");
}

function amongOnSqlite(read: Read, tickets: Finds, messages: Finds): Among {
  return async (ids) => {
    const found = new Set(await findsAmong(read, tickets, ids));
    const others = JSON.stringify(ids.filter((id) => !found.has(id)));
    const said = await read<{ id: number; ticket_id: number }>(
      "select id, ticket_id from message where ticket_id in (select value from json_each(?))",
      [others],
    );
    const finds = new Set(
      await findsAmong(
        read,
        messages,
        said.map(({ id }) => id),
      ),
    );
    for (const { id, ticket_id } of said) if (finds.has(id)) found.add(ticket_id);
    return found;
  };
}

/** What either index finds, where it is not known yet. */
function keepOnSqlite(tickets: Finds, messages: Finds): Keep {
  const found = ({ table }: Finds) => `select rowid from ${table}_search where ${table}_search match ?`;
  const parts = [
    { finds: tickets, sql: found(tickets) },
    { finds: messages, sql: `select ticket_id from message where id in (${found(messages)})` },
  ].filter(({ finds }) => finds.newest.length > 0);
  const sql = `ticket.id in (${parts.map((part) => part.sql).join(" union ")})`;
  const expressions = parts.map(({ finds }) => finds.expression);
  return (query) => query.whereRaw(sql, expressions);
}

const keepThese = (ids: ReadonlySet<number>): Keep => {
  const list = JSON.stringify([...ids]);
  return (query) => query.whereRaw("ticket.id in (select value from json_each(?))", [list]);
};

async function onSqlite(database: Database, question: ListQuestion, read: Read, common: number): Promise<Found> {
  const { request } = question;
  const most = common * LOOKED_AT;
  const tickets = await find(read, { table: "ticket" }, request.query, most);
  const messages = await find(read, { table: "message" }, request.query, most);
  const isWhole = tickets.isWhole && messages.isWhole;
  const ids = isWhole ? new Set([...tickets.newest, ...(await ticketsOf(read, messages))]) : undefined;
  const all = sorted(database, question, read, ids ? keepThese(ids) : keepOnSqlite(tickets, messages));
  const among = ids ? async () => ids : amongOnSqlite(read, tickets, messages);
  const found = ids && ids.size <= common ? all : walked(database, question, read, among, all);
  const size = ids?.size ?? tickets.newest.length;
  const isCounted = isUnfiltered(request) && (ids !== undefined || size > COUNTED);
  return isCounted ? { ...found, count: async () => Math.min(size, COUNTED + 1) } : found;
}

/** PostgreSQL joins the finds of its indexes as bitmaps, and tells by a look at the words of a row whether it has them. */
function onPostgres(database: Database, question: ListQuestion, read: Read): Found {
  const { knex, dialect } = database;
  const { query: text } = question.request;
  const tickets = () => matchSearch(knex("ticket as found").select("found.id"), dialect, { table: "found" }, text);
  const messages = () => matchSearch(knex("message").select("message.ticket_id"), dialect, { table: "message" }, text);
  const keep: Keep = (query) => query.whereIn("ticket.id", tickets().union(messages()));
  const among: Among = async (ids) => {
    const own = tickets().whereRaw("found.id = any(?)", [ids as number[]]);
    const said = messages().whereRaw("message.ticket_id = any(?)", [ids as number[]]);
    const rows = await run(read)(own.union(said));
    return new Set(rows.map(({ id }: { id: number }) => id));
  };
  return walked(database, question, read, among, sorted(database, question, read, keep));
}

/** Searches; to be called within `Database.slowly`, with its `read`. */
export async function search(
  database: Database,
  question: ListQuestion,
  read: Read,
  common: number = COMMON,
): Promise<Found> {
  if (database.dialect === "sqlite") return onSqlite(database, question, read, common);
  return onPostgres(database, question, read);
}
