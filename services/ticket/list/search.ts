// Tickets by the words in them and in their conversations.
import { create, toBinary } from "@bufbuild/protobuf";
import { type ListTicketsRequest, ListTicketsRequestSchema } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import type { Database } from "../../../runtime/database/database.ts";
import { type Read, readIds } from "../../../runtime/database/reader-thread.ts";
import { type Finds, find, findsAmong, firstFinds } from "../../../runtime/database/search-finds.ts";
import { matchSearch } from "../../../runtime/database/search-words.ts";
import { bounded, COUNTED, type Finder, type Found, type Keep, keepThese, sorted } from "./bounded.ts";
import type { ListQuestion } from "./filters.ts";

/** How much work is done in which way. */
export interface SearchLimits {
  /** Up to so many tickets that were found are sorted in less time than it takes to ask others whether they were. */
  readonly few: number;
  /** Finds of either index that are looked at to know which they are. */
  readonly lookedAt: number;
  /** A list of so few tickets is asked for whole. */
  readonly short: number;
}

const LIMITS: SearchLimits = { few: 3_000, lookedAt: 10_000, short: 1_000 };
/** So many tickets are not asked for whether they were found. */
const ASKED = 30_000;

/** Whether a request asks for words alone. */
function isUnfiltered(request: ListTicketsRequest): boolean {
  const filters = { ...request, query: "", pageSize: 0, pageToken: "", order: 0, view: 0 };
  return toBinary(ListTicketsRequestSchema, create(ListTicketsRequestSchema, filters)).length === 0;
}

/** The tickets of some messages. */
function ticketsOf(read: Read, messages: readonly number[]): Promise<number[]> {
  const sql = "select ticket_id as id from message where id in (select value from json_each(?))";
  return readIds(read, sql, [JSON.stringify(messages)]);
}

/** Asks both indexes, as far as need be. */
function finderOnSqlite(read: Read, tickets: Finds, messages: Finds, { short }: SearchLimits): Finder {
  return {
    short,
    most: ASKED,
    async sample(direction, size) {
      const own = await firstFinds(read, tickets, direction, size);
      if (own.length === size) return own;
      return [...own, ...(await ticketsOf(read, await firstFinds(read, messages, direction, size)))];
    },
    async among(ids) {
      const found = new Set(await findsAmong(read, tickets, ids));
      const others = JSON.stringify(ids.filter((id) => !found.has(id)));
      const said = await read<{ id: number; ticket_id: number }>(
        "select id, ticket_id from message where ticket_id in (select value from json_each(?))",
        [others],
      );
      const asked = said.map(({ id }) => id);
      const finds = new Set(await findsAmong(read, messages, asked));
      for (const { id, ticket_id } of said) if (finds.has(id)) found.add(ticket_id);
      return found;
    },
  };
}

/** Knows all tickets that were found. */
function finderOf(ids: ReadonlySet<number>, { short }: SearchLimits): Finder {
  const sorted = [...ids].sort((one, other) => one - other);
  return {
    short,
    most: ASKED,
    sample: async (direction, size) => (direction === "asc" ? sorted.slice(0, size) : sorted.slice(-size)),
    among: async (asked) => new Set(asked.filter((id) => ids.has(id))),
  };
}

/** The tickets that either index finds. */
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

async function onSqlite(database: Database, question: ListQuestion, read: Read, limits: SearchLimits): Promise<Found> {
  const { request } = question;
  const tickets = await find(read, { table: "ticket" }, request.query, limits.lookedAt);
  const messages = await find(read, { table: "message" }, request.query, limits.lookedAt);
  const counted = (found: Found, size: number): Found =>
    isUnfiltered(request) ? { ...found, count: async () => Math.min(size, COUNTED + 1) } : found;
  if (tickets.isWhole && messages.isWhole) {
    const ids = new Set([...tickets.newest, ...(await ticketsOf(read, messages.newest))]);
    const all = sorted(database, question, read, keepThese(ids));
    return counted(
      ids.size > limits.few ? bounded(database, question, read, finderOf(ids, limits), all) : all,
      ids.size,
    );
  }
  const all = sorted(database, question, read, keepOnSqlite(tickets, messages));
  const found = bounded(database, question, read, finderOnSqlite(read, tickets, messages, limits), all);
  return tickets.newest.length > COUNTED ? counted(found, tickets.newest.length) : found;
}

/** PostgreSQL joins the finds of its indexes as bitmaps. */
function onPostgres(database: Database, question: ListQuestion, read: Read): Found {
  const { knex, dialect } = database;
  const { query: text } = question.request;
  const tickets = matchSearch(knex("ticket as found").select("found.id"), dialect, { table: "found" }, text);
  const messages = matchSearch(knex("message").select("message.ticket_id"), dialect, { table: "message" }, text);
  return sorted(database, question, read, (query) => query.whereIn("ticket.id", tickets.clone().union(messages)));
}

/** Searches; to be called within `Database.slowly`, with its `read`. */
export async function search(
  database: Database,
  question: ListQuestion,
  read: Read,
  limits: SearchLimits = LIMITS,
): Promise<Found> {
  if (database.dialect === "sqlite") return onSqlite(database, question, read, limits);
  return onPostgres(database, question, read);
}
