// ListTickets: one page of what was asked for, and how much that is.
import { type ListTicketsRequest, ListTicketsRequestSchema } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import type { Database } from "../../../runtime/database/database.ts";
import { type KeysetOptions, type KeysetPage, listPage, totalSize } from "../../../runtime/pagination.ts";
import type { TicketRow } from "../ticket-store.ts";
import { ticketsMatching } from "./filters.ts";
import { orderColumns } from "./orders.ts";
import { ticketPage } from "./page.ts";
import { search } from "./search.ts";

/** A page of tickets. */
export interface TicketList {
  readonly rows: readonly TicketRow[];
  readonly nextPageToken: string;
  readonly totalSize: number;
}

async function list(
  request: ListTicketsRequest,
  page: (options: KeysetOptions) => Promise<KeysetPage<TicketRow>>,
  count: () => Promise<number>,
): Promise<TicketList> {
  const scope = { schema: ListTicketsRequestSchema, request, order: orderColumns(request.order) };
  const { rows, nextPageToken, isWhole } = await listPage<TicketRow, typeof ListTicketsRequestSchema>(page, scope);
  return { rows, nextPageToken, totalSize: isWhole ? rows.length : await count() };
}

/**
 * Lists tickets. A search, whose work depends on how common its words are, keeps nobody else waiting.
 *
 * @param now milliseconds UTC
 * @throws ConnectError `PAGE_TOKEN_INVALID`; `resource_exhausted` (DATABASE_BUSY) where too many searches wait
 */
export async function listTickets(database: Database, request: ListTicketsRequest, now: number): Promise<TicketList> {
  const question = { request, now };
  if (request.query) {
    return database.slowly(async (read) => {
      const found = await search(database, question, read);
      return list(request, found.page, found.count);
    });
  }
  const page = (options: KeysetOptions) => ticketPage(database, { ...options, ...question });
  return list(request, page, () => totalSize(ticketsMatching(database, question)));
}
