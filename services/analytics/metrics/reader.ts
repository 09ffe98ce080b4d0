// Keeps the metrics in step with the ticket service's log.
import { type Client, createClient, type Transport } from "@connectrpc/connect";
import type { TicketEvent } from "#gen/deskwire/ticket/v1/event_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import type { Bell } from "../../../runtime/background/bell.ts";
import { keepDoing } from "../../../runtime/background/keep-doing.ts";
import { Pace } from "../../../runtime/background/pace.ts";
import { pause } from "../../../runtime/background/pause.ts";
import type { Log } from "../../../runtime/log.ts";
import { batches } from "./batches.ts";
import { type CountingOptions, countEvents, prepare } from "./count-events.ts";
import { LEASE_MS, lease, markComplete, readCursor, release } from "./cursor.ts";

/** Short enough for a live chart; long enough that a burst of writes becomes few transactions. */
const BATCH = { size: 500, lingerMs: 50 };

/** What the reader stands on. */
export interface ReaderOptions extends CountingOptions {
  /** Reaches the ticket service. */
  readonly tickets: Transport;
  /** Rung when something has been counted. */
  readonly bell: Bell;
  readonly log: Log;
}

async function* eventsOf(tickets: Client<typeof TicketService>, afterPosition: bigint, signal: AbortSignal) {
  // No deadline: the stream lasts as long as both services do.
  for await (const { event } of tickets.watchEvents({ afterPosition }, { signal, timeoutMs: 0 })) {
    if (event) yield event satisfies TicketEvent;
  }
}

/** What a reading began with. */
interface Reading {
  readonly reader: string;
  readonly generation: number;
}

/** Aborts `stop` when another process reads or somebody has begun anew; until then keeps the lease. */
async function guard({ database, bell }: ReaderOptions, { reader, generation }: Reading, stop: AbortController) {
  let renewAt = performance.now() + LEASE_MS / 3;
  try {
    while (true) {
      await bell.next(stop.signal);
      if (stop.signal.aborted) return;
      const cursor = await readCursor(database.knex);
      if (cursor.generation !== generation || cursor.reader !== reader) return;
      // On SQLite there is one process, and nobody else to tell.
      if (database.dialect === "sqlite" || performance.now() < renewAt) continue;
      await lease(database, reader);
      renewAt = performance.now() + LEASE_MS / 3;
    }
  } finally {
    stop.abort();
  }
}

/** Counts what there is and what comes, until the stream ends, another process reads, or somebody begins anew. */
async function read(options: ReaderOptions, reader: string, signal: AbortSignal): Promise<void> {
  const { database, bell } = options;
  const tickets = createClient(TicketService, options.tickets);
  const { position, generation } = await prepare(options);
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const pace = new Pace();
  const guarding = guard(options, { reader, generation }, stop);
  try {
    for await (const { items, last } of batches(eventsOf(tickets, BigInt(position), either), BATCH)) {
      if (items.length > 0 && !(await countEvents(options, items, pace))) return;
      if (last) await markComplete(database.knex);
      bell.ring();
      if (!last) await pace.rest(either);
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    // Ending the loop alone would leave the call open.
    stop.abort();
    await guarding;
  }
}

/**
 * Reads on until `signal` is aborted. Of several processes on one database one reads; when it is not heard of for a while,
 * another takes over. While the ticket service cannot be reached it tries again.
 */
export async function keepMetrics(options: ReaderOptions, signal: AbortSignal): Promise<void> {
  const { database, log } = options;
  const reader = crypto.randomUUID();
  async function work(): Promise<void> {
    if (await lease(database, reader)) await read(options, reader, signal);
    else await pause(LEASE_MS / 10, signal);
  }
  await keepDoing(work, signal, (error, isFirst) => {
    if (isFirst) log("cannot read the ticket service's log, or count it; metrics wait", { error });
  });
  await release(database.knex, reader).catch((error: unknown) =>
    log("cannot give up reading for the metrics", { error }),
  );
}
