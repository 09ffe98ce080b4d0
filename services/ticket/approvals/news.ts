// What a draft could not know of: what has happened in the conversation since it was made.
import type { Knex } from "knex";
import { type TicketEvent, TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { MessageVisibility } from "#gen/deskwire/ticket/v1/message_pb.js";
import { TicketStatus } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { type EventRow, eventsOf, toEvent } from "../event-store.ts";
import { told, versionOf } from "../missed.ts";

const DONE = [TicketStatus.RESOLVED, TicketStatus.CLOSED].map((status) => TicketStatus[status]);
/** How many events are looked at, the latest. */
const MOST = 200;

/** Tags, teams and notes do not make a reply wrong; words of the customer, an answer, and the end of the work do. */
function matters({ type, message, changes }: TicketEvent): boolean {
  if (type === TicketEventType.MERGED) return true;
  if (message) return message.visibility === MessageVisibility.PUBLIC;
  if (type !== TicketEventType.STATUS_CHANGED) return false;
  const status = changes.find(({ field }) => field === "status");
  const values = [status?.before, status?.after].map((value) => String(value?.kind.value));
  return values.some((value) => DONE.some((done) => value.endsWith(done)));
}

/** What has happened to a ticket since a version of it that a draft must not overlook, in words of the desk alone. */
export async function newsSince(db: Knex, ticketId: string, version: number): Promise<string[]> {
  const latest: EventRow[] = await eventsOf(db, ticketId).orderBy("position", "desc").limit(MOST);
  return latest
    .reverse()
    .map(toEvent)
    .filter((event) => !(versionOf(event.etag) <= version) && matters(event))
    .map(told);
}
