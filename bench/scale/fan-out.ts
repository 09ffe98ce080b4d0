// The event log at work: how quickly what is written reaches all who watch.
import { createClient } from "@connectrpc/connect";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { remoteTransport } from "../../runtime/calls/remote-transport.ts";
import type { ScaleDesk } from "./desk.ts";
import type { Finding } from "./finding.ts";

const WATCHERS = 50;
const WRITERS = 8;

async function endOfLog(desk: ScaleDesk): Promise<bigint> {
  const tickets = createClient(TicketService, remoteTransport(desk.url.origin));
  // From far behind the end nothing is listed; positions have no gaps, so the end is found by halving.
  let [low, high] = [0n, 1n << 40n];
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    const { events } = await tickets.listEvents({ afterPosition: middle, pageSize: 1 });
    if (events.length > 0) low = middle;
    else high = middle;
  }
  return high;
}

/** Writes so many notes while 50 watch; events delivered a second, until the last watcher has the last of them. */
async function deliver(desk: ScaleDesk, notes: number): Promise<number> {
  const afterPosition = await endOfLog(desk);
  const transport = remoteTransport(desk.url.origin);
  const tickets = createClient(TicketService, transport);
  const stop = new AbortController();
  let delivered = 0;
  const watchers = Array.from({ length: WATCHERS }, async () => {
    let left = notes;
    for await (const _ of tickets.watchEvents({ afterPosition }, { signal: stop.signal, timeoutMs: 0 })) {
      delivered++;
      if (--left === 0) return;
    }
  });
  const begin = performance.now();
  let note = 0;
  await Promise.all(
    Array.from({ length: WRITERS }, async () => {
      while (note < notes) await tickets.addInternalNote({ ticketId: await openTicket(desk), body: `Note ${++note}.` });
    }),
  );
  await Promise.all(watchers);
  const seconds = (performance.now() - begin) / 1_000;
  stop.abort();
  transport.close();
  return delivered / seconds;
}

let latest = 0;

/** A ticket that is not closed; each one in turn. */
async function openTicket(desk: ScaleDesk): Promise<string> {
  const all = openTickets.get(desk) ?? listOpen(desk);
  openTickets.set(desk, all);
  const ids = await all;
  return ids[latest++ % ids.length] as string;
}

const openTickets = new WeakMap<ScaleDesk, Promise<string[]>>();

async function listOpen(desk: ScaleDesk): Promise<string[]> {
  const tickets = createClient(TicketService, remoteTransport(desk.url.origin));
  const { tickets: found } = await tickets.listTickets({ statuses: [1, 2], pageSize: 100 });
  return found.map(({ id }) => id);
}

/** Measures both desks in turns. */
export async function measureFanOut(
  desks: readonly ScaleDesk[],
  notes: number,
  progress: (what: string) => void,
): Promise<Finding[]> {
  const rates = new Map<ScaleDesk, number>();
  for (const round of [1, 2]) {
    for (const desk of desks) {
      progress(`fan-out: round ${round} of 2, ${desk.name} tickets`);
      rates.set(desk, await deliver(desk, notes));
    }
  }
  return desks.map((desk) => ({
    group: "fan-out",
    name: `events to ${WATCHERS} watchers of a desk of ${desk.name} tickets`,
    value: rates.get(desk) ?? 0,
    unit: "events/s",
  }));
}
