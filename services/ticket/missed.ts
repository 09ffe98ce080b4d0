// Tells a writer who was too late what happened in between.
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import type { Knex } from "knex";
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import { type TicketEvent, TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import type { Ticket } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { fail } from "../../runtime/errors.ts";
import { type EventRow, eventsOf, toEvent } from "./event-store.ts";

/** How many events are told at most, the latest. */
const MOST = 10;

/** The version in an etag; NaN where it is none of ours. */
export const versionOf = (etag: string): number => Number(/^v(\d+)$/.exec(etag)?.[1] ?? Number.NaN);

/** What happened, by whom and when, in words of the desk alone: what people wrote is read where it is marked as theirs. */
export function told({ type, actor, createTime, changes }: TicketEvent): string {
  const fields = changes.map(({ field }) => field).join(", ");
  const what = `${TicketEventType[type].toLowerCase()}${fields && ` (${fields})`}`;
  const who = actor ? ActorKind[actor.kind].toLowerCase() : "unknown";
  return `${what} by ${who}${createTime ? ` at ${timestampDate(createTime).toISOString()}` : ""}`;
}

/**
 * Refuses a write that was made for an older state of a ticket (AIP-154). An empty etag asks for no check.
 *
 * @throws ConnectError `aborted` (ETAG_MISMATCH) with the current etag and what was missed
 */
export async function assertNothingMissed(db: Knex, ticket: Ticket, etag: string): Promise<void> {
  if (etag === "" || etag === ticket.etag) return;
  const latest: EventRow[] = await eventsOf(db, ticket.id).orderBy("position", "desc").limit(MOST);
  const known = versionOf(etag);
  const missed = latest
    .reverse()
    .map(toEvent)
    .filter((event) => !(versionOf(event.etag) <= known))
    .map(told);
  const what =
    missed.length > 0
      ? `${ticket.id} has changed since it was read: ${missed.join("; ")}.`
      : `${ticket.id} was never so.`;
  throw fail(
    Code.Aborted,
    "ETAG_MISMATCH",
    `${what} Its etag is ${ticket.etag} now, not ${etag}. Read it again and decide anew. Nothing was written.`,
    { current_etag: ticket.etag, missed: missed.join("; ") },
  );
}
