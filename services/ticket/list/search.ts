// Tickets by the words in them and in their conversations.
import { create, toBinary } from "@bufbuild/protobuf";
import { type ListTicketsRequest, ListTicketsRequestSchema } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import type { Database } from "../../../runtime/database/database.ts";
import { type Read, readIds } from "../../../runtime/database/reader-thread.ts";
import type { Sql } from "../../../runtime/database/rows.ts";
import {
  type Finds,
  find,
  findsAmong,
  firstFinds,
  questionFor,
  rowsAFind,
} from "../../../runtime/database/search-finds.ts";
import { matchSearch } from "../../../runtime/database/search-words.ts";
import { numberIn } from "../../../runtime/messages/ids.ts";
import { bounded, COUNTED, type Finder, type Found, sorted } from "./bounded.ts";
import type { ListQuestion } from "./filters.ts";

/** How much work is done in which way. */
export interface SearchLimits {
  /** Up to so many tickets that were found are sorted in less time than it takes to ask others whether they were. */
  readonly few: number;
  /** Finds of either index that are looked at first. */
  readonly glance: number;
  /** Of words that one of so many tickets has no more are looked at: there are soon enough of them for a page. */
  readonly dense: number;
  /** Finds of either index that are looked at to know which they are. */
  readonly lookedAt: number;
  /** A list of so few tickets is asked for whole. */
  readonly short: number;
}

const LIMITS: SearchLimits = { few: 3_000, glance: COUNTED + 1, dense: 300, lookedAt: 10_000, short: 1_000 };
/** So many tickets are not asked for whether they were found. */
const ASKED = 30_000;
/** In the time in which one message is looked up by its number, the messages of so many neighbouring tickets are. */
const LOOKED_UP = 3;

/** Whether a request asks for words alone. */
function isUnfiltered(request: ListTicketsRequest): boolean {
  const filters = { ...request, query: "", pageSize: 0, pageToken: "", order: 0, view: 0 };
  return toBinary(ListTicketsRequestSchema, create(ListTicketsRequestSchema, filters)).length === 0;
}

/** The tickets of some messages. */
function ticketsOf(read: Read, messages: readonly number[]): Promise<number[]> {
  const sql = "select ticket_id as id from json_each(?) as said cross join message on message.id = said.value";
  return readIds(read, sql, [JSON.stringify(messages)]);
}

/** The messages of some tickets: a ticket's number for each of theirs. */
async function messagesOf(read: Read, tickets: readonly number[]): Promise<Map<number, number>> {
  const [row] = await read<{ messages: string; tickets: string }>(
    `select json_group_array(message.id) as messages, json_group_array(ticket_id) as tickets
     from json_each(?) as asked cross join message on message.ticket_id = asked.value`,
    [JSON.stringify(tickets)],
  );
  const { messages = "[]", tickets: theirs = "[]" } = row ?? {};
  const ticketIds: number[] = JSON.parse(theirs);
  return new Map(JSON.parse(messages).map((id: number, index: number) => [id, ticketIds[index]]));
}

/** Which of these tickets have a message that was found: by a look at the messages found, or at theirs, whichever are fewer. */
async function saidIn(read: Read, messages: Finds, ids: readonly number[]): Promise<number[]> {
  const few = Math.floor(ids.length / LOOKED_UP);
  const finds = await find(read, messages, few, messages);
  if (finds.isWhole && finds.newest.length <= few) {
    const found = new Set(await ticketsOf(read, finds.newest));
    return ids.filter((id) => found.has(id));
  }
  const theirs = await messagesOf(read, ids);
  const found = await findsAmong(read, finds, [...theirs.keys()]);
  return found.map((id) => theirs.get(id) as number);
}

/** Asks both indexes, as far as need be. */
function finderOnSqlite(read: Read, tickets: Finds, messages: Finds, { short }: SearchLimits): Finder {
  return {
    short,
    most: ASKED,
    async sample(direction, size) {
      const own = new Set(await firstFinds(read, tickets, direction, size));
      if (own.size === size) return own;
      return own.union(new Set(await ticketsOf(read, await firstFinds(read, messages, direction, size))));
    },
    async among(ids) {
      const found = await Promise.all([findsAmong(read, tickets, ids), saidIn(read, messages, ids)]);
      return new Set(found.flat());
    },
  };
}

/** Knows all tickets that were found. */
function finderOf(ids: ReadonlySet<number>, { short }: SearchLimits): Finder {
  const sorted = Float64Array.from(ids).sort();
  return {
    short,
    most: ASKED,
    sample: async (direction, size) => new Set(direction === "asc" ? sorted.slice(0, size) : sorted.slice(-size)),
    among: async (asked) => new Set(asked.filter((id) => ids.has(id))),
  };
}

/** These tickets, whether they are looked up or those of the filter are. */
function keepThese(ids: Iterable<number>): Sql {
  return { sql: "ticket.id in (select value from json_each(?))", bindings: [JSON.stringify([...ids])] };
}

/** The tickets that either index finds. */
function keepOnSqlite(tickets: Finds, messages: Finds): Sql {
  const found = ({ table }: Finds) => `select rowid from ${table}_search where ${table}_search match ?`;
  const parts = [
    { finds: tickets, sql: found(tickets) },
    { finds: messages, sql: `select ticket_id from message where id in (${found(messages)})` },
  ].filter(({ finds }) => finds.newest.length > 0);
  return {
    sql: `ticket.id in (${parts.map(({ sql }) => sql).join(" union ")})`,
    bindings: parts.map(({ finds }) => finds.expression),
  };
}

async function onSqlite(database: Database, question: ListQuestion, read: Read, limits: SearchLimits): Promise<Found> {
  const { request } = question;
  const questions = await Promise.all(
    (["ticket", "message"] as const).map((table) => questionFor(read, { table }, request.query)),
  );
  const look = async (limit: number, known: readonly Finds[] = []) => {
    const finds = await Promise.all(questions.map((each, index) => find(read, each, limit, known[index])));
    return finds as [tickets: Finds, messages: Finds];
  };
  let [tickets, messages] = await look(limits.glance);
  // The more tickets a filter leaves out, the more are asked for: it is well then to know all that were found.
  const dense = isUnfiltered(request) ? limits.dense : limits.dense / 3;
  const isEnough = tickets.isWhole ? messages.isWhole : rowsAFind(tickets) <= dense;
  if (!isEnough) [tickets, messages] = await look(limits.lookedAt, [tickets, messages]);
  const counted = (found: Found, size: number): Found =>
    isUnfiltered(request) ? { ...found, count: async () => Math.min(size, COUNTED + 1) } : found;
  if (tickets.isWhole && messages.isWhole) {
    const ids = new Set([...tickets.newest, ...(await ticketsOf(read, messages.newest))]);
    if (ids.size <= limits.few) return counted(sorted(database, { ...question, ids: [...ids] }, read), ids.size);
    const all = sorted(database, { ...question, found: keepThese(ids) }, read);
    return counted(bounded(database, question, read, finderOf(ids, limits), all), ids.size);
  }
  const all = sorted(database, { ...question, found: keepOnSqlite(tickets, messages) }, read);
  const found = bounded(database, question, read, finderOnSqlite(read, tickets, messages, limits), all);
  return tickets.newest.length > COUNTED ? counted(found, tickets.newest.length) : found;
}

/** PostgreSQL joins the finds of its indexes as bitmaps. */
function onPostgres(database: Database, question: ListQuestion, read: Read): Found {
  const { knex, dialect } = database;
  const { query: text } = question.request;
  const tickets = matchSearch(knex("ticket as found").select("found.id"), dialect, { table: "found" }, text);
  const messages = matchSearch(knex("message").select("message.ticket_id"), dialect, { table: "message" }, text);
  const { sql, bindings } = tickets.union(messages).toSQL();
  return sorted(database, { ...question, found: { sql: `ticket.id in (${sql})`, bindings } }, read);
}

/** Searches; to be called within `Database.slowly`, with its `read`. */
export async function search(
  database: Database,
  question: ListQuestion,
  read: Read,
  limits: SearchLimits = LIMITS,
): Promise<Found> {
  const number = numberIn("TKT", question.request.query);
  if (number) return sorted(database, { ...question, found: { sql: "ticket.id = ?", bindings: [number] } }, read);
  if (database.dialect === "sqlite") return onSqlite(database, question, read, limits);
  return onPostgres(database, question, read);
}
