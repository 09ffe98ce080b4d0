// Where a conversation goes on: it moves from ticket to ticket by merges and follow-ups.
import type { Knex } from "knex";
import { type Ticket, TicketStatus } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import type { Migration } from "../../runtime/database/database.ts";
import { selectRows } from "../../runtime/database/rows.ts";
import { formatId, parseId } from "../../runtime/messages/ids.ts";
import { findTicket } from "./ticket-store.ts";

/** How often a conversation may move on while it is looked up: more than people do meanwhile. */
const MAX_MOVES = 10;

/** All that a conversation has come to from one ticket on, by merges and follow-ups: what is not closed first, then the newest. */
const LATEST_OF_THREAD = `
  with recursive thread (id, merged_into, status) as (
    select id, merged_into, status from ticket where id = ?
    union
    select next.id, next.merged_into, next.status
    from thread join ticket next on next.id = thread.merged_into or next.follow_up_of = thread.id
  )
  select id from thread order by status = ${TicketStatus.CLOSED}, merged_into is not null, id desc limit 1`;

/**
 * The ticket in which the conversation of a ticket goes on: where it is closed the open one that it was merged into or that
 * follows it up, and where all of them are closed the latest. Undefined where there is no such ticket.
 *
 * @param lock keeps it, and the one that was named, from other writers until the transaction ends: of messages that come at
 *   once only one finds no follow-up
 */
export async function goesOnIn(db: Knex, ticketId: string, lock = false): Promise<Ticket | undefined> {
  let ticket = await findTicket(db, ticketId, lock);
  for (let moves = 0; ticket?.status === TicketStatus.CLOSED && moves < MAX_MOVES; moves++) {
    const [latest] = await selectRows<{ id: number }>(db, LATEST_OF_THREAD, [parseId(ticket.id)]);
    const id = latest ? formatId("TKT", latest.id) : ticket.id;
    if (id === ticket.id) break;
    ticket = await findTicket(db, id, lock);
  }
  return ticket;
}

/** Follow-ups are looked up by what they follow; few tickets are any. */
export const followUpsMigration: Migration = {
  name: "follow-ups",
  async up(trx) {
    await trx.raw("CREATE INDEX ticket_follow_up_of ON ticket (follow_up_of) WHERE follow_up_of IS NOT NULL");
  },
};
