// Tickets in a line, as they are shown beside another one.
import type { TicketLine } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { formatId } from "../../../runtime/messages/ids.ts";
import { toTimestamp, toTimestampIf } from "../../../runtime/messages/timestamps.ts";
import type { Policy } from "../../../runtime/policy/policy.ts";
import { NEVER } from "../priority/migration.ts";
import { priorityScore } from "../priority/score.ts";
import type { TicketRow } from "../ticket-store.ts";

/** What a line shows, and what its score goes by. */
export const LINE_COLUMNS = [
  ...["id", "subject", "status", "priority", "category", "customer_id", "assignee", "team", "tags", "waiting_on"],
  ...["update_time", "due_at", "waiting_since", "first_response_time", "urgency", "sentiment_score", "plan"],
  ...["reopen_count", "unanswered_follow_ups"],
] as const satisfies (keyof TicketRow)[];

/** A row as it is read for a line. */
export type LineRow = Pick<TicketRow, (typeof LINE_COLUMNS)[number]>;

/** So many factors are told. */
const REASONS = 2;

function scoreOf(policy: Policy, row: LineRow, now: number) {
  const pressing = {
    waitingOn: row.waiting_on,
    waitingSince: toTimestamp(row.waiting_since),
    firstResponseTime: toTimestampIf(row.first_response_time),
    priority: row.priority,
    urgency: row.urgency,
    plan: row.plan,
    sentimentScore: row.sentiment_score ?? undefined,
    reopenCount: row.reopen_count,
    unansweredFollowUps: row.unanswered_follow_ups,
  };
  return priorityScore(policy, pressing, now, REASONS);
}

/** Reads a row as a line. @param now milliseconds UTC, for the score */
export function toLine(policy: Policy, row: LineRow, now: number): TicketLine {
  return {
    $typeName: "deskwire.ticket.v1.TicketLine",
    id: formatId("TKT", row.id),
    subject: row.subject,
    status: row.status,
    priority: row.priority,
    category: row.category,
    customerId: row.customer_id,
    assignee: row.assignee,
    team: row.team,
    tags: JSON.parse(row.tags),
    waitingOn: row.waiting_on,
    updateTime: toTimestamp(row.update_time),
    dueTime: toTimestampIf(row.due_at === NEVER ? null : row.due_at),
    priorityScore: scoreOf(policy, row, now),
  };
}
