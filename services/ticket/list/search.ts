// Tickets by the words in them and in their conversations.
import type { Knex } from "knex";
import type { Database } from "../../../runtime/database/database.ts";
import type { Read } from "../../../runtime/database/reader-thread.ts";
import { keepFound, matchSearch } from "../../../runtime/database/search.ts";
import { keysetQuery, type PageSource, pageOf, totalSize } from "../../../runtime/pagination.ts";
import { type ListedRow, listedColumns } from "../ticket-store.ts";
import { type ListQuestion, ticketsMatching } from "./filters.ts";
import { ticketPage } from "./page.ts";

/** With so many finds and more it is less work to go through the tickets in order until a page is full than to sort the finds. */
const COMMON = 8_000;
const COUNTED = 1_000;

/** What a search has found: pages of it, and how much it is. */
export type Found = PageSource<ListedRow>;

/** Reads whatever knex has built. */
const run = (read: Read) => (query: Knex.QueryBuilder) => {
  const { sql, bindings } = query.toSQL();
  return read<never>(sql, bindings);
};

/** Pages by a sort of all that was found. */
function sorted(database: Database, question: ListQuestion, read: Read): Found {
  const matching = ticketsMatching(database, question);
  return {
    async page(options) {
      const rows = await run(read)(keysetQuery(matching.clone().select(listedColumns(question.request.view)), options));
      return pageOf<ListedRow>(rows, options.order, options.limit);
    },
    count: () => totalSize(matching, run(read)),
  };
}

/** PostgreSQL joins the finds of its indexes as bitmaps. */
function onPostgres({ knex, dialect }: Database, text: string): (query: Knex.QueryBuilder) => void {
  const tickets = matchSearch(knex("ticket as found").select("found.id"), dialect, { table: "found" }, text);
  const messages = matchSearch(knex("message").select("message.ticket_id"), dialect, { table: "message" }, text);
  return (query) => query.whereIn("ticket.id", tickets.clone().union(messages));
}

const BY_MESSAGE = "select ticket_id from message where id in (select id from temp.found_message)";
const IS_FOUND = `(exists (select 1 from temp.found_ticket as found where found.id = ticket.id) or exists (
  select 1 from message join temp.found_message as found on found.id = message.id where message.ticket_id = ticket.id))`;

async function onSqlite(database: Database, question: ListQuestion, read: Read, common: number): Promise<Found> {
  const { query: text } = question.request;
  const tickets = await keepFound(read, { table: "ticket" }, text);
  const messages = await keepFound(read, { table: "message" }, text);
  const all = (query: Knex.QueryBuilder) =>
    query.whereRaw(`ticket.id in (select id from temp.found_ticket union ${BY_MESSAGE})`);
  const few = sorted(database, { ...question, found: all }, read);
  if (tickets + messages < common) return few;
  return {
    page: (options) =>
      ticketPage(database, { ...options, ...question, found: (query) => query.whereRaw(IS_FOUND) }, read),
    async count() {
      // Most often the tickets' own words are more than are counted; each is looked at once at most.
      const own = (query: Knex.QueryBuilder) => query.whereRaw("ticket.id in (select id from temp.found_ticket)");
      const size = await sorted(database, { ...question, found: own }, read).count();
      return size > COUNTED ? size : few.count();
    },
  };
}

/** Searches; to be called within `Database.slowly`, with its `read`. */
export async function search(
  database: Database,
  question: ListQuestion,
  read: Read,
  common: number = COMMON,
): Promise<Found> {
  if (database.dialect === "sqlite") return onSqlite(database, question, read, common);
  return sorted(database, { ...question, found: onPostgres(database, question.request.query) }, read);
}
