// What an imported row becomes.
import { create } from "@bufbuild/protobuf";
import type { ImportRow } from "#gen/deskwire/ticket/v1/import_pb.js";
import {
  type Ticket,
  TicketChannel,
  TicketPriority,
  TicketSchema,
  TicketStatus,
  TicketUrgency,
  WaitingOn,
} from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { isBlank } from "../../../runtime/messages/blank.ts";
import { formatId } from "../../../runtime/messages/ids.ts";
import { toTimestamp } from "../../../runtime/messages/timestamps.ts";
import type { KnownCustomer } from "../customer-directory.ts";
import { isDone } from "../status.ts";
import { parseTime } from "./row.ts";

const SUBJECT_CHARACTERS = 80;
/** What all have in common, as a plain object: `create` would look at every field of each ticket. */
const NEW: Ticket = {
  ...create(TicketSchema, { urgency: TicketUrgency.MEDIUM, channel: TicketChannel.IMPORT, etag: "v1" }),
};

/** A row, and what tells it from others. */
export interface KeyedRow {
  readonly row: ImportRow;
  readonly line: bigint;
  readonly key: string;
}

/** The first characters of a text on one line, cut between characters, not within one. */
function firstCharacters(text: string, count: number): string {
  // A text may be long, and only its beginning is needed; a character is at most two UTF-16 units.
  const oneLine = text
    .trimStart()
    .slice(0, 10 * count)
    .replace(/\s+/g, " ")
    .trimEnd();
  return [...oneLine.slice(0, 2 * count)].slice(0, count).join("");
}

/**
 * A row as a ticket. Its words are read afterwards: reading takes longer than storing.
 *
 * @param now milliseconds UTC
 */
export function toTicket({ row, key }: KeyedRow, id: number, customer: KnownCustomer | undefined, now: number): Ticket {
  const name = <E extends Record<string, string | number>>(values: E, text: string) => values[text.toUpperCase()];
  const status = (row.status ? name(TicketStatus, row.status) : TicketStatus.OPEN) as TicketStatus;
  const created = toTimestamp(row.createTime ? parseTime(row.createTime) : now);
  return {
    ...NEW,
    id: formatId("TKT", id),
    subject: isBlank(row.subject) ? firstCharacters(row.description, SUBJECT_CHARACTERS) : row.subject,
    description: row.description,
    customerId: customer?.id ?? "",
    plan: customer?.plan ?? "",
    status,
    priority: (row.priority ? name(TicketPriority, row.priority) : TicketPriority.NORMAL) as TicketPriority,
    tags: isBlank(row.label) ? [] : [row.label],
    customFields: row.source ? { source: row.source } : {},
    waitingOn: isDone(status) ? WaitingOn.NOBODY : WaitingOn.DESK,
    externalId: key,
    createTime: created,
    updateTime: toTimestamp(now),
    waitingSince: created,
    ...(status === TicketStatus.RESOLVED && { resolveTime: toTimestamp(now) }),
    ...(status === TicketStatus.CLOSED && { closeTime: toTimestamp(now) }),
  };
}
