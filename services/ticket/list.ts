// Finding tickets: filters and orders of ListTickets.
import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import type { Knex } from "knex";
import { TicketOrder } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import type { ListTicketsRequest } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import type { Database } from "../../runtime/database/database.ts";
import { matchSearch } from "../../runtime/database/search.ts";
import type { OrderColumn } from "../../runtime/pagination.ts";

const asc = (column: string): OrderColumn => ({ column: `ticket.${column}`, direction: "asc" });
const desc = (column: string): OrderColumn => ({ column: `ticket.${column}`, direction: "desc" });

const ORDERS: Readonly<Record<TicketOrder, readonly OrderColumn[]>> = {
  [TicketOrder.UNSPECIFIED]: [desc("update_time"), desc("id")],
  [TicketOrder.UPDATED_NEWEST]: [desc("update_time"), desc("id")],
  [TicketOrder.UPDATED_OLDEST]: [asc("update_time"), asc("id")],
  [TicketOrder.CREATED_NEWEST]: [desc("create_time"), desc("id")],
  [TicketOrder.CREATED_OLDEST]: [asc("create_time"), asc("id")],
  [TicketOrder.PRIORITY_HIGHEST]: [desc("priority"), asc("waiting_since"), asc("id")],
  [TicketOrder.WAITING_LONGEST]: [asc("waiting_since"), asc("id")],
  [TicketOrder.DUE_SOONEST]: [asc("due_at"), asc("id")],
};

/** The columns that an order goes by. */
export function orderColumns(order: TicketOrder): readonly OrderColumn[] {
  return ORDERS[order];
}

function whereTime(
  query: Knex.QueryBuilder,
  column: string,
  from: Timestamp | undefined,
  before: Timestamp | undefined,
) {
  if (from) query.where(column, ">=", timestampMs(from));
  if (before) query.where(column, "<", timestampMs(before));
}

/**
 * The tickets that a list request asks for, in no order yet.
 *
 * @param now milliseconds UTC, for what is overdue
 */
export function ticketsMatching(
  { knex, dialect }: Database,
  request: ListTicketsRequest,
  now: number,
): Knex.QueryBuilder {
  const query = knex("ticket").select("ticket.*");
  if (request.statuses.length > 0) query.whereIn("ticket.status", request.statuses);
  if (request.priorities.length > 0) query.whereIn("ticket.priority", request.priorities);
  if (request.categories.length > 0) query.whereIn("ticket.category", request.categories);
  if (request.assignee) query.where("ticket.assignee", request.assignee);
  if (request.unassigned) query.where("ticket.assignee", "");
  if (request.team) query.where("ticket.team", request.team);
  if (request.customerId) query.where("ticket.customer_id", request.customerId);
  if (request.waitingOn) query.where("ticket.waiting_on", request.waitingOn);
  for (const tag of request.tags) query.whereIn("ticket.id", knex("ticket_tag").where({ tag }).select("ticket_id"));
  whereTime(query, "ticket.create_time", request.createdFrom, request.createdBefore);
  whereTime(query, "ticket.update_time", request.updatedFrom, request.updatedBefore);
  whereTime(query, "ticket.due_at", undefined, request.dueBefore);
  if (request.overdue) query.where("ticket.due_at", "<", now);
  if (request.query) {
    const { query: text } = request;
    const inConversation = matchSearch(
      knex("message").select("message.ticket_id"),
      dialect,
      { table: "message" },
      text,
    );
    query.where((either) => {
      matchSearch(either, dialect, { table: "ticket" }, text).orWhereIn("ticket.id", inConversation);
    });
  }
  return query;
}
