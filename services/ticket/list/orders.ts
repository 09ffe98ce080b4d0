// The orders of ListTickets.
import { TicketOrder } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import type { OrderColumn } from "../../../runtime/database/keyset.ts";

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

/** Whether an order is one of lanes, and within them by a time. */
export const goesByPriority = ([first]: readonly OrderColumn[]): boolean => first?.column === "ticket.priority";
