// Conversations in the database.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Knex } from "knex";
import type { TicketMessage } from "#gen/deskwire/ticket/v1/message_pb.js";
import { insertRowsLate, selectRows } from "../../runtime/database/rows.ts";
import { formatId, parseId } from "../../runtime/messages/ids.ts";
import { toTimestamp } from "../../runtime/messages/timestamps.ts";

/** A row of the table `message`. */
export interface MessageRow {
  readonly id: number;
  readonly ticket_id: number;
  readonly author_kind: number;
  readonly author_id: string;
  readonly author_name: string;
  readonly visibility: number;
  readonly body: string;
  readonly create_time: number;
  readonly merged_from: number | null;
  readonly delivery: number;
}

/** Reads a row as a message. */
export function toMessage(row: MessageRow): TicketMessage {
  return {
    $typeName: "deskwire.ticket.v1.TicketMessage",
    id: formatId("MSG", row.id),
    ticketId: formatId("TKT", row.ticket_id),
    author: { $typeName: "deskwire.actor.v1.Actor", kind: row.author_kind, id: row.author_id, name: row.author_name },
    visibility: row.visibility,
    body: row.body,
    createTime: toTimestamp(row.create_time),
    mergedFrom: row.merged_from === null ? "" : formatId("TKT", row.merged_from),
    delivery: row.delivery,
  };
}

function toRow(message: TicketMessage): MessageRow {
  return {
    id: parseId(message.id),
    ticket_id: parseId(message.ticketId),
    author_kind: message.author?.kind ?? 0,
    author_id: message.author?.id ?? "",
    author_name: message.author?.name ?? "",
    visibility: message.visibility,
    body: message.body,
    create_time: message.createTime ? timestampMs(message.createTime) : 0,
    merged_from: message.mergedFrom ? parseId(message.mergedFrom) : null,
    delivery: message.delivery,
  };
}

/** Adds messages to conversations. */
export async function insertMessages(trx: Knex.Transaction, messages: readonly TicketMessage[]): Promise<void> {
  await insertRowsLate(trx, "message", messages.map(toRow));
}

/** The messages of a ticket, in no order yet. */
export function messagesOf(db: Knex, ticketId: string): Knex.QueryBuilder {
  return db<MessageRow>("message").where({ ticket_id: parseId(ticketId) });
}

/** The order of a conversation: by time, because messages that came by a merge have identifiers of their own. */
export const OLDEST_FIRST = [
  { column: "create_time", direction: "asc" },
  { column: "id", direction: "asc" },
] as const;

/** Reads the latest messages of a ticket, oldest first. */
export async function latestMessages(db: Knex, ticketId: string, limit: number): Promise<TicketMessage[]> {
  const newestFirst = "select * from message where ticket_id = ? order by create_time desc, id desc";
  const rows = await selectRows<MessageRow>(db, `${newestFirst} limit ${limit}`, [parseId(ticketId)]);
  return rows.reverse().map(toMessage);
}

/** Moves a ticket's conversation to another ticket; messages that came by an earlier merge keep saying from where. */
export async function moveMessages(trx: Knex.Transaction, from: string, to: string): Promise<void> {
  await messagesOf(trx, from).update({
    ticket_id: parseId(to),
    merged_from: trx.raw("coalesce(merged_from, ?)", [parseId(from)]),
  });
}
