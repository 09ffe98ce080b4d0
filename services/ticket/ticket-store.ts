// Tickets in the database.
import { create } from "@bufbuild/protobuf";
import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import type { Knex } from "knex";
import { type Ticket, TicketSchema, TicketView } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import {
  inOrder,
  insertRows,
  selectByTexts,
  selectForUpdate,
  selectRows,
  updateRows,
} from "../../runtime/database/rows.ts";
import { formatId, parseId } from "../../runtime/messages/ids.ts";
import { toTimestamp, toTimestampIf } from "../../runtime/messages/timestamps.ts";
import { NEVER } from "./priority/migration.ts";
import { assertWaits } from "./status.ts";

/** A row of the table `ticket`. */
export interface TicketRow {
  readonly id: number;
  readonly subject: string;
  readonly description: string;
  readonly customer_id: string;
  readonly status: number;
  readonly priority: number;
  readonly category: string;
  readonly channel: number;
  readonly tags: string;
  readonly assignee: string;
  /** 1 where `assignee` is empty, else 0: the lanes of anybody's tickets are told apart by it. */
  readonly unassigned: number;
  readonly team: string;
  readonly custom_fields: string;
  readonly waiting_on: number;
  readonly external_id: string | null;
  readonly version: number;
  readonly create_time: number;
  readonly update_time: number;
  readonly waiting_since: number;
  readonly first_response_time: number | null;
  readonly resolve_time: number | null;
  readonly close_time: number | null;
  readonly reopen_count: number;
  readonly message_count: number;
  readonly merged_into: number | null;
  readonly follow_up_of: number | null;
  readonly urgency: number;
  readonly sentiment_score: number | null;
  readonly plan: string;
  readonly unanswered_follow_ups: number;
  /** `NEVER` where it is not due. */
  readonly due_at: number;
}

const toMs = (time: Timestamp | undefined) => (time ? timestampMs(time) : null);
const toTicketId = (id: number | null) => (id === null ? "" : formatId("TKT", id));
const toNumber = (ticketId: string) => (ticketId ? parseId(ticketId) : null);

/** The columns that a list can do without: they may be long, or another says the same. */
type UnlistedColumn = "description" | "custom_fields" | "unassigned";

/** A row as a list reads it. */
export type ListedRow = Omit<TicketRow, UnlistedColumn> & Partial<Pick<TicketRow, UnlistedColumn>>;

/** Reads a row as a message; columns that were not read stay empty. */
export function toTicket(row: ListedRow): Ticket {
  return {
    $typeName: "deskwire.ticket.v1.Ticket",
    id: formatId("TKT", row.id),
    subject: row.subject,
    description: row.description ?? "",
    customerId: row.customer_id,
    status: row.status,
    priority: row.priority,
    category: row.category,
    channel: row.channel,
    tags: JSON.parse(row.tags),
    assignee: row.assignee,
    team: row.team,
    customFields: row.custom_fields === undefined ? {} : JSON.parse(row.custom_fields),
    waitingOn: row.waiting_on,
    externalId: row.external_id ?? "",
    etag: `v${row.version}`,
    createTime: toTimestamp(row.create_time),
    updateTime: toTimestamp(row.update_time),
    waitingSince: toTimestamp(row.waiting_since),
    firstResponseTime: toTimestampIf(row.first_response_time),
    resolveTime: toTimestampIf(row.resolve_time),
    closeTime: toTimestampIf(row.close_time),
    dueTime: toTimestampIf(row.due_at === NEVER ? null : row.due_at),
    reopenCount: row.reopen_count,
    messageCount: row.message_count,
    mergedInto: toTicketId(row.merged_into),
    followUpOf: toTicketId(row.follow_up_of),
    urgency: row.urgency,
    sentimentScore: row.sentiment_score ?? undefined,
    plan: row.plan,
    unansweredFollowUps: row.unanswered_follow_ups,
  };
}

function toRow(ticket: Ticket): TicketRow {
  // No list would find it otherwise.
  assertWaits(ticket);
  return {
    id: parseId(ticket.id),
    subject: ticket.subject,
    description: ticket.description,
    customer_id: ticket.customerId,
    status: ticket.status,
    priority: ticket.priority,
    category: ticket.category,
    channel: ticket.channel,
    tags: JSON.stringify(ticket.tags),
    assignee: ticket.assignee,
    unassigned: ticket.assignee ? 0 : 1,
    team: ticket.team,
    custom_fields: JSON.stringify(ticket.customFields),
    waiting_on: ticket.waitingOn,
    external_id: ticket.externalId || null,
    version: Number(ticket.etag.slice(1)),
    create_time: toMs(ticket.createTime) ?? 0,
    update_time: toMs(ticket.updateTime) ?? 0,
    waiting_since: toMs(ticket.waitingSince) ?? 0,
    first_response_time: toMs(ticket.firstResponseTime),
    resolve_time: toMs(ticket.resolveTime),
    close_time: toMs(ticket.closeTime),
    reopen_count: ticket.reopenCount,
    message_count: ticket.messageCount,
    merged_into: toNumber(ticket.mergedInto),
    follow_up_of: toNumber(ticket.followUpOf),
    urgency: ticket.urgency,
    sentiment_score: ticket.sentimentScore ?? null,
    plan: ticket.plan,
    unanswered_follow_ups: ticket.unansweredFollowUps,
    due_at: toMs(ticket.dueTime) ?? NEVER,
  };
}

const UNLISTED: readonly string[] = ["description", "custom_fields", "unassigned"] satisfies UnlistedColumn[];
const LISTED = Object.keys(toRow(create(TicketSchema))).filter((column) => !UNLISTED.includes(column));

/** The columns that a list reads of a ticket. */
export const listedColumns = (view: TicketView): readonly string[] =>
  (view === TicketView.BASIC ? LISTED : ["*"]).map((column) => `ticket.${column}`);

/** Reads one ticket; undefined where there is none. `lock` keeps it from other writers until the transaction ends. */
export async function findTicket(db: Knex, ticketId: string, lock = false): Promise<Ticket | undefined> {
  const id = parseId(ticketId);
  const select = lock ? selectForUpdate<TicketRow> : selectRows<TicketRow>;
  const [row] = await select(db as Knex.Transaction, "select * from ticket where id = ?", [id]);
  return row && toTicket(row);
}

/** Finds the tickets that have one of these keys in another system: key to identifier. */
export async function findByExternalIds(db: Knex, externalIds: readonly string[]): Promise<Map<string, string>> {
  const select = "select id, external_id from ticket";
  const rows = await selectByTexts<{ id: number; external_id: string }>(db, select, "external_id", externalIds);
  return new Map(rows.map(({ id, external_id }) => [external_id, formatId("TKT", id)]));
}

/** What labels know of their ticket: its lane and its times, see list/migration.ts. */
const lanePlace = ({ status, waiting_on, priority, update_time, create_time, waiting_since, due_at }: TicketRow) => ({
  ...{ status, waiting_on, priority, update_time, create_time, waiting_since, due_at },
});
const tagRows = (tags: readonly string[], row: TicketRow) =>
  tags.map((tag) => ({ ticket_id: row.id, tag, ...lanePlace(row) }));
type TagRow = ReturnType<typeof tagRows>[number];

/** As the indexes of labels have them: the next row then goes where the last one went, which takes half as long to find. */
const byLane = (a: TagRow, b: TagRow): number => {
  if (a.tag !== b.tag) return a.tag < b.tag ? -1 : 1;
  return a.status - b.status || a.waiting_on - b.waiting_on || a.priority - b.priority;
};

/** Adds tickets; throws the driver's unique violation where an external id is taken. */
export async function insertTickets(trx: Knex.Transaction, tickets: readonly Ticket[]): Promise<void> {
  const rows = tickets.map(toRow);
  const labels = rows.flatMap((row, index) => tagRows(tickets[index]?.tags ?? [], row));
  await inOrder(
    trx,
    () => insertRows(trx, "ticket", rows),
    () => insertRows(trx, "ticket_tag", labels.sort(byLane)),
  );
}

/** Remembers that the words of new tickets have not been read yet. */
export async function insertUnread(trx: Knex.Transaction, ticketIds: readonly string[]): Promise<void> {
  const rows = ticketIds.map((id) => ({ ticket_id: parseId(id) }));
  await insertRows(trx, "unread_ticket", rows);
}

/** Remembers tickets whose latest words have not been read yet. */
export async function markUnread(trx: Knex.Transaction, ticketIds: readonly string[]): Promise<void> {
  if (ticketIds.length === 0) return;
  const rows = ticketIds.map((id) => ({ ticket_id: parseId(id) }));
  await trx("unread_ticket").insert(rows).onConflict("ticket_id").ignore();
}

/** Stores what has changed of a ticket. Columns that stay are left out, so that their indexes stay as they are too. */
export async function updateTicket(trx: Knex.Transaction, before: Ticket, after: Ticket): Promise<void> {
  const old = toRow(before);
  const row = toRow(after);
  const { id, ...columns } = row;
  const changed = (values: Partial<TicketRow>) =>
    Object.fromEntries(Object.entries(values).filter(([column, value]) => value !== old[column as keyof TicketRow]));
  await updateRows(trx, "ticket", ["id", id], changed(columns));
  if (old.tags === columns.tags) {
    if (after.tags.length > 0) await updateRows(trx, "ticket_tag", ["ticket_id", id], changed(lanePlace(row)));
    return;
  }
  await trx("ticket_tag").where({ ticket_id: id }).delete();
  await insertRows(trx, "ticket_tag", tagRows(after.tags, row));
}
