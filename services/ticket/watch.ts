// Streams of the log: what is there, then what comes.
import type { Knex } from "knex";
import type { TicketEvent, TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import type { Bell } from "../../runtime/background/bell.ts";
import { keysetPage } from "../../runtime/database/keyset.ts";
import { BY_POSITION, type EventRow, eventsAfter, toEvent } from "./event-store.ts";

const PAGE = 200;
/** How long streams of the log wait before they look for events of other processes, in milliseconds. */
export const POLL_MS = 500;

/** Which events a stream is to bring. */
export interface Watch {
  readonly afterPosition: bigint;
  readonly types: readonly TicketEventType[];
}

/** Yields events in their order until `signal` is aborted. */
export async function* watchEvents(
  db: Knex,
  bell: Bell,
  watch: Watch,
  signal: AbortSignal,
): AsyncGenerator<TicketEvent> {
  let position = watch.afterPosition;
  while (!signal.aborted) {
    // Taken before the look, so that a commit in between is not slept over.
    const news = bell.next(signal);
    const { rows } = await keysetPage<EventRow>(eventsAfter(db, position, watch.types), {
      order: BY_POSITION,
      limit: PAGE,
    });
    for (const row of rows) {
      if (signal.aborted) return;
      yield toEvent(row);
      position = BigInt(row.position);
    }
    if (rows.length === 0) await news;
  }
}
