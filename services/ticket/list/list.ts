// ListTickets: one page of what was asked for, and how much that is.
import { type ListTicketsRequest, ListTicketsRequestSchema } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import type { Database } from "../../../runtime/database/database.ts";
import { readAtOnce } from "../../../runtime/database/rows.ts";
import { isBlank } from "../../../runtime/messages/blank.ts";
import { countedPage, type PageSource, totalSize } from "../../../runtime/messages/pagination.ts";
import type { ListedRow } from "../ticket-store.ts";
import { select } from "./conditions.ts";
import { ticketsMatching } from "./filters.ts";
import { orderColumns } from "./orders.ts";
import { sortedPage, ticketPage } from "./page.ts";
import { search } from "./search.ts";

/** So many are sorted in less time than it takes to begin every lane; as many as are counted. */
export const FEW = 1_000;

/** A page of tickets. */
export interface TicketList {
  readonly rows: readonly ListedRow[];
  readonly nextPageToken: string;
  readonly totalSize: number;
}

/**
 * Lists tickets. A search, whose work depends on how common its words are, keeps nobody else waiting.
 *
 * @param now milliseconds UTC
 * @throws ConnectError `PAGE_TOKEN_INVALID`; `resource_exhausted` (DATABASE_BUSY) where too many searches wait
 */
export async function listTickets(database: Database, request: ListTicketsRequest, now: number): Promise<TicketList> {
  const question = { request, now };
  const scope = { schema: ListTicketsRequestSchema, request, order: orderColumns(request.order) };
  const list = (source: PageSource<ListedRow>) =>
    countedPage<ListedRow, typeof ListTicketsRequestSchema>(source, scope);
  if (!isBlank(request.query)) return database.slowly(async (read) => list(await search(database, question, read)));
  const read = readAtOnce(database.knex);
  const count = () => totalSize(select("1", ticketsMatching(database, question)), read);
  const merged: PageSource<ListedRow>["page"] = (options) => ticketPage(database, { ...options, ...question });
  if (!request.customerId) return list({ page: merged, count });
  // Of one customer there are a few, as a rule.
  const size = await count();
  const sorted: typeof merged = (options) =>
    sortedPage(ticketsMatching(database, question), { ...options, ...question }, read);
  return list({ page: size > FEW ? merged : sorted, count: async () => size });
}
