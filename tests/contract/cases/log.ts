// TicketService: the log, listed and watched.
import { expect } from "vitest";
import { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { TicketStatus } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { allPages, type Case, type Clients, endOfLog, newTicket, refusalOf, refuses, stateOf } from "../case.ts";

const { CREATED, MESSAGE_ADDED, STATUS_CHANGED } = TicketEventType;

/** Reads from a stream of the log until `count` events have come, then ends the call. */
async function watch({ tickets }: Clients, request: Parameters<Clients["tickets"]["watchEvents"]>[0], count: number) {
  const caller = new AbortController();
  const events = [];
  try {
    for await (const { event } of tickets.watchEvents(request, { signal: caller.signal })) {
      if (event) events.push(event);
      // Ending the loop alone would leave the call open.
      if (events.length === count) caller.abort();
    }
  } catch (error) {
    if (!caller.signal.aborted) throw error;
  }
  return events;
}

export const logCases: readonly Case[] = [
  {
    name: "ListEvents lists every event after a position once, in order, without gaps",
    async run(clients) {
      const afterPosition = await endOfLog(clients);
      const { id: ticketId } = await newTicket(clients);
      for (const body of ["1", "2", "3"]) await clients.tickets.addInternalNote({ ticketId, body });
      await clients.tickets.updateTicket({ ticket: { id: ticketId, team: "x" }, updateStatus: TicketStatus.RESOLVED });
      const pages = await allPages(async (pageToken) => {
        const page = await clients.tickets.listEvents({ afterPosition, pageSize: 2, pageToken });
        return { items: page.events, nextPageToken: page.nextPageToken };
      });
      expect(pages.map(({ length }) => length)).toEqual([2, 2, 2]);
      const events = pages.flat();
      expect(events.map(({ position }) => position - afterPosition)).toEqual([1n, 2n, 3n, 4n, 5n, 6n]);
      expect(events).toEqual((await stateOf(clients, ticketId)).events);
      const types = [CREATED, STATUS_CHANGED];
      const some = await clients.tickets.listEvents({ afterPosition, types });
      expect(some.events.map(({ type }) => type)).toEqual(types);
    },
  },
  {
    name: "an event says what a field was before and what it is since",
    async run(clients) {
      const { id } = await newTicket(clients, { team: "day", tags: ["a"] });
      await clients.tickets.updateTicket({ ticket: { id, team: "night" }, addTags: ["b"], requestId: `note ${id}` });
      const { events } = await stateOf(clients, id);
      const value = (text: string) => ({ kind: { case: "stringValue", value: text } });
      expect(events.at(-1)).toMatchObject({
        ...{ requestId: `note ${id}`, method: "deskwire.ticket.v1.TicketService/UpdateTicket" },
        changes: [
          { field: "tags", before: { kind: { case: "listValue" } } },
          { field: "team", before: value("day"), after: value("night") },
        ],
      });
      const subject = events[0]?.changes.find(({ field }) => field === "subject");
      expect(subject).toMatchObject({ after: value("Printer") });
      expect(subject?.before).toBeUndefined();
    },
  },
  {
    name: "ListTicketHistory pages through the events of one ticket",
    async run(clients) {
      const { id: ticketId } = await newTicket(clients);
      for (const body of ["1", "2"]) await clients.tickets.recordCustomerReply({ ticketId, body });
      const pages = await allPages(async (pageToken) => {
        const page = await clients.tickets.listTicketHistory({ ticketId, pageSize: 2, pageToken });
        expect(page.totalSize).toBe(3);
        return { items: page.events.map(({ type }) => type), nextPageToken: page.nextPageToken };
      });
      expect(pages).toEqual([[CREATED, MESSAGE_ADDED], [MESSAGE_ADDED]]);
    },
  },
  {
    name: "WatchEvents brings what is there and what comes, from a position on, and goes on after a break",
    async run(clients) {
      const start = await endOfLog(clients);
      const { id: ticketId } = await newTicket(clients);
      const seen = watch(clients, { afterPosition: start }, 3);
      for (const body of ["1", "2", "3"]) await clients.tickets.addInternalNote({ ticketId, body });
      const positions = (await seen).map(({ position }) => position - start);
      expect(positions).toEqual([1n, 2n, 3n]);
      const [rest] = await watch(clients, { afterPosition: start + 3n }, 1);
      expect(rest).toEqual((await stateOf(clients, ticketId)).events.at(-1));
    },
  },
  {
    name: "WatchEvents brings only the types asked for",
    async run(clients) {
      const afterPosition = await endOfLog(clients);
      const seen = watch(clients, { afterPosition, types: [STATUS_CHANGED] }, 1);
      const { id: ticketId } = await newTicket(clients);
      await clients.tickets.addInternalNote({ ticketId, body: "x" });
      await clients.tickets.changeStatus({ ticketId, status: TicketStatus.RESOLVED });
      expect(await seen).toMatchObject([{ ticketId, type: STATUS_CHANGED }]);
    },
  },
  {
    name: "WatchEvents ends when its time is up",
    async run({ tickets }) {
      const call = Array.fromAsync(tickets.watchEvents({ afterPosition: 10n ** 15n }, { timeoutMs: 50 }));
      expect(await refusalOf(call)).toMatchObject({ code: "DeadlineExceeded" });
    },
  },
  refuses(
    "a position before the first, and a type that is none",
    async ({ tickets }) => [
      tickets.listEvents({ afterPosition: -1n }),
      tickets.listEvents({ types: [TicketEventType.UNSPECIFIED] }),
      Array.fromAsync(tickets.watchEvents({ afterPosition: -1n })),
      Array.fromAsync(tickets.watchEvents({ types: [99 as TicketEventType] })),
    ],
    { code: "InvalidArgument", reason: "VALIDATION_FAILED" },
  ),
];
