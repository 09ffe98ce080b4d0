// The other open tickets of a customer, as an answer about one ticket shows them: one statement, where a list takes several.
import { create } from "@bufbuild/protobuf";
import { type Ticket, TicketStatus } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { ListTicketsRequestSchema } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import type { Database } from "../../../runtime/database/database.ts";
import { type Sql, selectRows } from "../../../runtime/database/rows.ts";
import { parseId } from "../../../runtime/messages/ids.ts";
import { FEW } from "./list.ts";
import { orderColumns } from "./orders.ts";
import { keysStatement } from "./page.ts";
import { LINE_COLUMNS, type LineRow } from "./ticket-line.ts";

const STATUSES = [TicketStatus.OPEN, TicketStatus.IN_PROGRESS];
const COLUMNS = LINE_COLUMNS.map((column) => `ticket.${column}`).join(", ");

/** The tickets whose numbers and times a statement finds. */
const ticketsOf = (found: string, more = "") => `
  select ${COLUMNS}${more} from (${found}) as page join ticket on ticket.id = page.id
  order by page.update_time desc, page.id desc`;

/** The latest changed, with how many there are; `most` and one means more. */
const latest = (limit: number, most: number) => `
  with few as materialized (
    select update_time, id from ticket
    where customer_id = ? and id <> ? and status in (${STATUSES.join(", ")}) limit ${most + 1}
  )
  ${ticketsOf(`select * from few order by update_time desc, id desc limit ${limit}`, ", (select count(*) from few) as few")}`;

/** Reads up to `limit` other tickets of a ticket's customer that are open or in progress, the last changed first. */
export async function otherOpenTickets(
  database: Database,
  { id, customerId }: Ticket,
  limit: number,
  most: number = FEW,
): Promise<LineRow[]> {
  if (limit === 0) return [];
  const { knex } = database;
  const own = parseId(id);
  const rows = await selectRows<LineRow & { few: number }>(knex, latest(limit, most), [customerId, own]);
  if (rows[0] === undefined || rows[0].few <= most) return rows;
  const request = create(ListTicketsRequestSchema, { customerId, statuses: STATUSES });
  // The ticket itself may be among them.
  const question = { request, now: 0, order: orderColumns(request.order), limit: limit + 1 };
  const { sql, bindings } = keysStatement(database, question) as Sql;
  const merged = await selectRows<LineRow>(knex, ticketsOf(sql), bindings);
  return merged.filter((row) => row.id !== own).slice(0, limit);
}
