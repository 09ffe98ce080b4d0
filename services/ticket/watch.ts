// Streams of the log: what is there, then what comes.
import type { Knex } from "knex";
import type { TicketEvent, TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { keysetPage } from "../../runtime/pagination.ts";
import { BY_POSITION, type EventRow, eventsAfter, toEvent } from "./event-store.ts";

const PAGE = 200;
/** How long a stream waits before it looks for events of other processes on the same database, in milliseconds. */
const POLL_MS = 500;

/** Tells streams in this process that there is something new in the log. */
export class EventBell {
  #ring = Promise.withResolvers<void>();

  /** Called after a commit. */
  ring(): void {
    this.#ring.resolve();
    this.#ring = Promise.withResolvers();
  }

  /** Resolves at the next ring, after `POLL_MS`, or when `signal` is aborted. */
  async next(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const waited = Promise.withResolvers<void>();
    const timer = setTimeout(waited.resolve, POLL_MS);
    const stop = () => waited.resolve();
    signal.addEventListener("abort", stop, { once: true });
    await Promise.race([this.#ring.promise, waited.promise]);
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

/** Which events a stream is to bring. */
export interface Watch {
  readonly afterPosition: bigint;
  readonly types: readonly TicketEventType[];
}

/** Yields events in their order until `signal` is aborted. */
export async function* watchEvents(
  db: Knex,
  bell: EventBell,
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
