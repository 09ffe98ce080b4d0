// The other open tickets of a customer, as an answer about one ticket shows them: one statement, where a list takes several.
import { create } from "@bufbuild/protobuf";
import { type Ticket, TicketStatus, TicketView } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { ListTicketsRequestSchema } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import type { Database } from "../../../runtime/database/database.ts";
import { selectRows } from "../../../runtime/database/rows.ts";
import { type ListedRow, listedColumns, toTicket } from "../ticket-store.ts";
import { FEW } from "./list.ts";
import { orderColumns } from "./orders.ts";
import { ticketPage } from "./page.ts";

const STATUSES = [TicketStatus.OPEN, TicketStatus.IN_PROGRESS];
type Row = ListedRow & { readonly few: number };

const COLUMNS = listedColumns(TicketView.BASIC).join(", ");

/** The latest changed, with how many there are; `most` and one means more. */
const latest = (limit: number, most: number) => `
  with few as materialized (
    select update_time, id from ticket where customer_id = ? and status in (${STATUSES.join(", ")}) limit ${most + 1}
  )
  select ${COLUMNS}, (select count(*) from few) as few
  from (select * from few order by update_time desc, id desc limit ${limit}) as page join ticket on ticket.id = page.id
  order by page.update_time desc, page.id desc`;

/** Reads up to `limit` other tickets of a ticket's customer that are open or in progress, the last changed first. */
export async function otherOpenTickets(
  database: Database,
  { id, customerId }: Ticket,
  limit: number,
  most: number = FEW,
): Promise<Ticket[]> {
  if (limit === 0) return [];
  // The ticket itself may be among them.
  const wanted = limit + 1;
  let rows: ListedRow[] = await selectRows<Row>(database.knex, latest(wanted, most), [customerId]);
  const [first] = rows as Row[];
  if (first && first.few > most) {
    const request = create(ListTicketsRequestSchema, { customerId, statuses: STATUSES, view: TicketView.BASIC });
    const order = orderColumns(request.order);
    ({ rows } = await ticketPage(database, { request, now: 0, order, limit: wanted }));
  }
  const tickets = rows.map(toTicket);
  return tickets.filter((ticket) => ticket.id !== id).slice(0, limit);
}
