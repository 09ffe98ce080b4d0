// The queue never starves a ticket. One agent works it, and for two days and more half as many tickets again come in as the
// agent can answer: a simulation with a clock of its own, over the real service and its real order.

import { timestampMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { TicketOrder, TicketPriority, TicketStatus, WaitingOn } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { parsePolicy } from "../../runtime/policy/read-policy.ts";
import { MINUTE_MS } from "../../runtime/time-units.ts";
import { openClockedDesk } from "./desk.ts";

const START = Date.parse("2026-11-23T00:00:00Z");
const ANSWER_MS = 10 * MINUTE_MS;
const OVERLOAD = 1.5;
const ARRIVALS = 360;

/** Open day and night, so that a target is as long as it says. */
const DAY = ["00:00-24:00"];
const WEEK = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const policy = parsePolicy(
  JSON.stringify({ calendar: { business_hours: Object.fromEntries(WEEK.map((day) => [day, DAY])) } }),
  "test",
);

/** Numbers from 0 to below 1, the same ones for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const { LOW, NORMAL, HIGH, URGENT } = TicketPriority;

interface Served {
  readonly priority: TicketPriority;
  readonly arrived: number;
  readonly due: number;
  /** The place among all that were answered, from 0; `Infinity` for one that was not while others still came in. */
  readonly place: number;
}

/** Tickets come in at random times; whenever the agent is free, they answer what the order puts first. */
async function work(order: TicketOrder, seed: number): Promise<Served[]> {
  await using desk = await openClockedDesk({ startMs: START, policy });
  const { tickets, clock, customerId } = desk;
  const random = randomFrom(seed);
  const coming: { at: number; priority: TicketPriority }[] = [];
  let at = START;
  for (let i = 0; i < ARRIVALS; i++) {
    at += (-Math.log(1 - random()) * ANSWER_MS) / OVERLOAD;
    const kind = random();
    coming.push({ at: Math.round(at), priority: kind < 0.2 ? LOW : kind < 0.6 ? NORMAL : kind < 0.9 ? HIGH : URGENT });
  }
  const opened = new Map<string, { priority: TicketPriority; arrived: number; due: number }>();
  const places = new Map<string, number>();
  let free = START;
  while (coming.length > 0) {
    const [next] = coming;
    if (next && next.at <= free) {
      coming.shift();
      clock.ms = next.at;
      const { priority } = next;
      const { ticket } = await tickets.createTicket({ ticket: { subject: "Question", customerId, priority } });
      const due = ticket?.dueTime ? timestampMs(ticket.dueTime) : Number.NaN;
      opened.set(ticket?.id ?? "", { priority, arrived: next.at, due });
      continue;
    }
    clock.ms = free;
    const list = await tickets.listTickets({ order, waitingOn: WaitingOn.DESK, pageSize: 1 });
    const [first] = list.tickets;
    if (!first) {
      free = next?.at ?? free;
      continue;
    }
    await tickets.respondToTicket({ ticketId: first.id, response: "Done.", updateStatus: TicketStatus.RESOLVED });
    places.set(first.id, places.size);
    free += ANSWER_MS;
  }
  return [...opened].map(([id, ticket]) => ({ ...ticket, place: places.get(id) ?? Number.POSITIVE_INFINITY }));
}

/**
 * The bound: whoever comes in after a ticket was due is answered after it. So it is answered at the latest when all that came in
 * before its due time are, however many come in later and whatever they are.
 */
function starved(served: readonly Served[]): Served[] {
  const end = Math.max(...served.map(({ arrived }) => arrived));
  return served.filter(({ due, place }) => {
    const before = served.filter(({ arrived }) => arrived < due).length;
    // What falls due only after the end of the simulation proves nothing.
    const settled = before * ANSWER_MS < end - START;
    return settled && place >= before;
  });
}

test.each([1, 2])("by due time, no ticket is starved under overload (seed %i)", async (seed) => {
  const served = await work(TicketOrder.DUE_SOONEST, seed);
  const low = served.filter(({ priority }) => priority === LOW);
  expect(low.length).toBeGreaterThan(50);
  expect(low.filter(({ place }) => Number.isFinite(place)).length).toBeGreaterThan(low.length / 4);
  expect(starved(served)).toEqual([]);
  const urgent = served.filter(({ priority, place }) => priority === URGENT && Number.isFinite(place));
  expect(urgent.length).toBeGreaterThan(20);
});

test("by priority alone, the same work starves what is low: the simulation can tell", async () => {
  const served = await work(TicketOrder.PRIORITY_HIGHEST, 1);
  const low = starved(served).filter(({ priority }) => priority === LOW);
  expect(low.length).toBeGreaterThan(10);
  expect(low.every(({ place }) => place === Number.POSITIVE_INFINITY)).toBe(true);
});
