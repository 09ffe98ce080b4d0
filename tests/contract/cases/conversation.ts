// TicketService: answers, replies, notes, merges and follow-ups.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { expect } from "vitest";
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { MessageVisibility } from "#gen/deskwire/ticket/v1/message_pb.js";
import { TicketPriority, TicketStatus, WaitingOn } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { allPages, type Case, eventually, newCustomer, newTicket, refusalOf, refuses, stateOf } from "../case.ts";

const { PUBLIC, INTERNAL } = MessageVisibility;
const { MESSAGE_ADDED, STATUS_CHANGED, CUSTOMER_NOTE_REQUESTED, MERGED } = TicketEventType;
const ai = { kind: ActorKind.AI, id: "claude", name: "Claude" };

export const conversationCases: readonly Case[] = [
  {
    name: "RespondToTicket stores answer, status and the wish for a note at once",
    async run(clients) {
      const { id: ticketId, customerId, etag } = await newTicket(clients);
      const request = { ticketId, response: "Try\nagain.", author: ai, updateStatus: TicketStatus.IN_PROGRESS };
      const { ticket, message } = await clients.tickets.respondToTicket({ ...request, addCustomerNote: true, etag });
      expect(ticket).toMatchObject({ status: request.updateStatus, waitingOn: WaitingOn.CUSTOMER, messageCount: 1 });
      expect(message).toMatchObject({ ticketId, author: ai, visibility: PUBLIC, body: "Try\nagain.", mergedFrom: "" });
      const { messages, events } = await stateOf(clients, ticketId);
      expect(messages).toEqual([message]);
      expect(events.slice(1).map(({ type }) => type)).toEqual([MESSAGE_ADDED, STATUS_CHANGED, CUSTOMER_NOTE_REQUESTED]);
      expect(events.slice(1)).toMatchObject([{ message }, {}, { customerId, actor: ai }]);
      const method = "deskwire.ticket.v1.TicketService/RespondToTicket";
      for (const event of events.slice(1)) expect(event).toMatchObject({ actor: ai, method, ticketId });
    },
  },
  {
    name: "the note of an answer arrives in the CRM once, with the first 100 characters and no character cut",
    async run(clients) {
      const customerId = await newCustomer(clients);
      // First, so that its note would have come when the others have.
      const { id: without } = await newTicket(clients, { customerId });
      await clients.tickets.respondToTicket({ ticketId: without, response: "no note" });
      const long = `${"é".repeat(98)}👩‍🚀🚀 and so on`;
      const texts = { short: "Done.", exact: "x".repeat(100), long };
      const expected: Record<string, string> = {};
      for (const [name, response] of Object.entries(texts)) {
        const { id: ticketId } = await newTicket(clients, { customerId });
        await clients.tickets.respondToTicket({ ticketId, response, addCustomerNote: true });
        expected[ticketId] = `Ticket ${ticketId} - Response: ${
          { short: "Done.", exact: "x".repeat(100), long: `${"é".repeat(98)}👩‍` }[name]
        }...`;
      }
      const notes = await eventually(async () => {
        const found = await clients.crm.listNotes({ customerId });
        return found.notes.length >= 3 && found.notes;
      });
      expect(Object.fromEntries(notes.map(({ ticketId, body }) => [ticketId, body]))).toEqual(expected);
      expect(notes).toHaveLength(3);
      expect(notes[0]?.author).toMatchObject({ kind: ActorKind.AGENT });
    },
  },
  {
    name: "an answer that is refused leaves no message, no status, no note",
    async run(clients) {
      const { id: ticketId, customerId } = await newTicket(clients, { status: TicketStatus.CLOSED });
      const before = await stateOf(clients, ticketId);
      const request = { ticketId, response: "x", updateStatus: TicketStatus.OPEN, addCustomerNote: true };
      expect(await refusalOf(clients.tickets.respondToTicket(request))).toMatchObject({ reason: "TICKET_CLOSED" });
      expect(await stateOf(clients, ticketId)).toEqual(before);
      // The log is read in its order, so this note would come after the other.
      const { id: second } = await newTicket(clients, { customerId });
      await clients.tickets.respondToTicket({ ticketId: second, response: "y", addCustomerNote: true });
      const notes = await eventually(async () => {
        const found = await clients.crm.listNotes({ customerId });
        return found.notes.length > 0 && found.notes;
      });
      expect(notes.map((note) => note.ticketId)).toEqual([second]);
    },
  },
  refuses(
    "an answer in the name of a customer or of the software",
    async (clients) => {
      const { id: ticketId } = await newTicket(clients);
      return [ActorKind.CUSTOMER, ActorKind.SYSTEM].map((kind) =>
        clients.tickets.respondToTicket({ ticketId, response: "x", author: { kind } }),
      );
    },
    { code: "InvalidArgument", reason: "VALIDATION_FAILED", fields: ["author"] },
  ),
  refuses(
    "an empty answer, and one that is too long",
    async (clients) => {
      const { id: ticketId } = await newTicket(clients);
      return ["", "x".repeat(20_001)].map((response) => clients.tickets.respondToTicket({ ticketId, response }));
    },
    { code: "InvalidArgument", reason: "VALIDATION_FAILED", fields: ["response"] },
  ),
  {
    name: "a customer's reply opens a resolved ticket again and makes the desk act next",
    async run(clients) {
      const { id: ticketId, customerId } = await newTicket(clients, { status: TicketStatus.RESOLVED });
      const { ticket, message } = await clients.tickets.recordCustomerReply({ ticketId, body: "Still broken" });
      expect(ticket).toMatchObject({ status: TicketStatus.OPEN, reopenCount: 1, waitingOn: WaitingOn.DESK });
      expect(ticket?.resolveTime).toBeUndefined();
      expect(message).toMatchObject({ author: { kind: ActorKind.CUSTOMER, id: customerId }, visibility: PUBLIC });
      const { events } = await stateOf(clients, ticketId);
      expect(events.slice(-2).map(({ type }) => type)).toEqual([MESSAGE_ADDED, STATUS_CHANGED]);
    },
  },
  {
    name: "a customer's reply leaves a ticket in progress as it is",
    async run(clients) {
      const { id: ticketId } = await newTicket(clients, { status: TicketStatus.IN_PROGRESS });
      await clients.tickets.respondToTicket({ ticketId, response: "x" });
      const { ticket } = await clients.tickets.recordCustomerReply({ ticketId, body: "y" });
      expect(ticket).toMatchObject({ status: TicketStatus.IN_PROGRESS, waitingOn: WaitingOn.DESK, reopenCount: 0 });
    },
  },
  {
    name: "an internal note is internal, and nobody waits for anybody else by it",
    async run(clients) {
      const { id: ticketId, waitingSince } = await newTicket(clients);
      const { ticket, message } = await clients.tickets.addInternalNote({ ticketId, body: "Call first", author: ai });
      expect(message).toMatchObject({ visibility: INTERNAL, author: ai, body: "Call first" });
      expect(ticket).toMatchObject({ waitingOn: WaitingOn.DESK, waitingSince, messageCount: 1 });
      expect(ticket?.firstResponseTime).toBeUndefined();
    },
  },
  {
    name: "GetTicket brings the latest messages and counts the others, ListTicketMessages pages through all",
    async run(clients) {
      const { id: ticketId } = await newTicket(clients);
      for (const body of ["0", "1", "2", "3", "4"]) await clients.tickets.addInternalNote({ ticketId, body });
      const latest = await clients.tickets.getTicket({ ticketId, messageLimit: 2 });
      expect(latest.messages.map(({ body }) => body)).toEqual(["3", "4"]);
      expect(latest.earlierMessageCount).toBe(3);
      const pages = await allPages(async (pageToken) => {
        const page = await clients.tickets.listTicketMessages({ ticketId, pageSize: 2, pageToken });
        expect(page.totalSize).toBe(5);
        return { items: page.messages.map(({ body }) => body), nextPageToken: page.nextPageToken };
      });
      expect(pages).toEqual([["0", "1"], ["2", "3"], ["4"]]);
    },
  },
  {
    name: "MergeTickets moves description and conversation in the order of time and closes the ticket",
    async run(clients) {
      const { tickets } = clients;
      const customerId = await newCustomer(clients);
      const into = await newTicket(clients, { customerId, description: "first" });
      const merged = await newTicket(clients, { customerId, description: "second" });
      const say = async (ticketId: string, body: string) => {
        const { message } = await tickets.addInternalNote({ ticketId, body });
        const at = message?.createTime ? timestampMs(message.createTime) : 0;
        // Conversations are ordered by the millisecond.
        await eventually(async () => Date.now() > at);
      };
      await eventually(async () => Date.now() > (merged.createTime ? timestampMs(merged.createTime) : 0));
      await say(into.id, "a");
      await say(merged.id, "b");
      await say(into.id, "c");
      const { ticket, mergedTicket } = await tickets.mergeTickets({ ticketId: merged.id, intoTicketId: into.id });
      expect(ticket).toMatchObject({ id: into.id, messageCount: 4, status: TicketStatus.OPEN });
      const closed = { id: merged.id, mergedInto: into.id, status: TicketStatus.CLOSED, messageCount: 0 };
      expect(mergedTicket).toMatchObject(closed);
      const { messages } = await stateOf(clients, into.id);
      expect(messages.map(({ body, mergedFrom }) => [body, mergedFrom])).toEqual([
        ["second", merged.id],
        ["a", ""],
        ["b", merged.id],
        ["c", ""],
      ]);
      expect(messages[0]?.author).toMatchObject({ kind: ActorKind.CUSTOMER, id: customerId });
      const gone = await stateOf(clients, merged.id);
      expect(gone.messages).toEqual([]);
      expect(gone.events.at(-1)).toMatchObject({ type: MERGED });
      // A second merge keeps saying where a message came from first.
      const third = await newTicket(clients, { customerId, description: "third" });
      await tickets.mergeTickets({ ticketId: into.id, intoTicketId: third.id });
      const all = (await stateOf(clients, third.id)).messages;
      expect(all.map(({ body, mergedFrom }) => [body, mergedFrom])).toContainEqual(["b", merged.id]);
      expect(all).toHaveLength(5);
    },
  },
  {
    name: "MergeTickets takes over the first answer that was given since the ticket that stays was opened",
    async run({ tickets, ...clients }) {
      const open = (customerId: string) => newTicket({ tickets, ...clients }, { customerId });
      const answer = async (ticketId: string, author = ai) =>
        (await tickets.respondToTicket({ ticketId, response: "x", author })).message?.createTime;
      const merge = async (ticketId: string, intoTicketId: string) =>
        (await tickets.mergeTickets({ ticketId, intoTicketId })).ticket?.firstResponseTime;
      const customerId = await newCustomer({ tickets, ...clients });
      const [older, into, newer] = [await open(customerId), await open(customerId), await open(customerId)];
      await tickets.addInternalNote({ ticketId: newer.id, body: "A note is no answer." });
      const first = await answer(older.id);
      expect(first).toBeDefined();
      const [young, silent] = [await open(customerId), await open(customerId)];
      // An answer from before it was opened is none to what it asks.
      await eventually(async () => Date.now() > timestampMs(first as NonNullable<typeof first>));
      const late = await open(customerId);
      expect(await merge(newer.id, late.id)).toBeUndefined();
      expect(await merge(silent.id, into.id)).toBeUndefined();
      const second = await answer(young.id);
      expect(await merge(young.id, into.id)).toEqual(second);
      expect(await merge(older.id, into.id)).toEqual(first);
      expect(await merge(into.id, late.id)).toEqual(second);
      const { events } = await stateOf({ tickets, ...clients }, late.id);
      expect(events.at(-1)?.changes.map(({ field }) => field)).toContain("first_response_time");
    },
  },
  {
    name: "MergeTickets of an open ticket into a resolved one opens that again",
    async run(clients) {
      const customerId = await newCustomer(clients);
      const [into, open] = [await newTicket(clients, { customerId }), await newTicket(clients, { customerId })];
      await clients.tickets.changeStatus({ ticketId: into.id, status: TicketStatus.RESOLVED });
      const { ticket } = await clients.tickets.mergeTickets({ ticketId: open.id, intoTicketId: into.id });
      expect(ticket).toMatchObject({ status: TicketStatus.OPEN, waitingOn: WaitingOn.DESK, reopenCount: 1 });
    },
  },
  {
    name: "MergeTickets of two customers' tickets is refused and writes nothing",
    async run(clients) {
      const [a, b] = [await newTicket(clients), await newTicket(clients)];
      const refusal = await refusalOf(clients.tickets.mergeTickets({ ticketId: a.id, intoTicketId: b.id }));
      const metadata = { ticket_id: a.id, into_ticket_id: b.id };
      expect(refusal).toMatchObject({ code: "FailedPrecondition", reason: "CUSTOMERS_DIFFER", metadata });
      expect((await stateOf(clients, a.id)).ticket).toEqual(a);
      expect((await stateOf(clients, b.id)).ticket).toEqual(b);
    },
  },
  refuses(
    "MergeTickets of a ticket into itself",
    async (clients) => {
      const { id } = await newTicket(clients);
      return [clients.tickets.mergeTickets({ ticketId: id, intoTicketId: id })];
    },
    { code: "InvalidArgument", reason: "VALIDATION_FAILED" },
  ),
  {
    name: "CreateFollowUp takes up a closed ticket with what the desk knew of it",
    async run(clients) {
      const closed = await newTicket(clients, {
        ...{ status: TicketStatus.CLOSED, priority: TicketPriority.HIGH, category: "billing", tags: ["a"] },
        ...{ team: "day", assignee: "sam", customFields: { order: "1" } },
      });
      const request = { ticketId: closed.id, description: "Again" };
      const { ticket } = await clients.tickets.createFollowUp(request);
      expect(ticket).toMatchObject({
        ...{ followUpOf: closed.id, customerId: closed.customerId, subject: "Printer", description: "Again" },
        ...{ status: TicketStatus.OPEN, waitingOn: WaitingOn.DESK, priority: TicketPriority.HIGH, tags: ["a"] },
        ...{ category: "billing", team: "day", assignee: "sam", customFields: { order: "1" }, externalId: "" },
      });
      const { ticket: other } = await clients.tickets.createFollowUp({ ...request, subject: "Worse" });
      expect(other?.subject).toBe("Worse");
      expect((await stateOf(clients, closed.id)).ticket).toEqual(closed);
    },
  },
  {
    name: "who writes to a closed ticket is told where it goes on",
    async run(clients) {
      const { tickets } = clients;
      const customerId = await newCustomer(clients);
      const closed = await newTicket(clients, { customerId, status: TicketStatus.CLOSED });
      const [merged, into] = [await newTicket(clients, { customerId }), await newTicket(clients, { customerId })];
      await tickets.mergeTickets({ ticketId: merged.id, intoTicketId: into.id });
      const whereTo = async (ticketId: string) => {
        const refusal = await refusalOf(tickets.respondToTicket({ ticketId, response: "x" }));
        expect(refusal).toMatchObject({ code: "FailedPrecondition", reason: "TICKET_CLOSED" });
        return refusal.metadata?.goes_on_in;
      };
      expect(await whereTo(closed.id)).toBeUndefined();
      expect(await whereTo(merged.id)).toBe(into.id);
      const { ticket } = await tickets.createFollowUp({ ticketId: closed.id, description: "Again" });
      expect(await whereTo(closed.id)).toBe(ticket?.id);
      await tickets.mergeTickets({ ticketId: ticket?.id ?? "", intoTicketId: into.id });
      expect(await whereTo(closed.id)).toBe(into.id);
      await tickets.changeStatus({ ticketId: into.id, status: TicketStatus.CLOSED });
      expect(await whereTo(closed.id)).toBeUndefined();
    },
  },
  {
    name: "CreateFollowUp of a ticket that is not closed is refused",
    async run(clients) {
      const { OPEN, IN_PROGRESS, RESOLVED } = TicketStatus;
      for (const status of [OPEN, IN_PROGRESS, RESOLVED]) {
        const { id: ticketId } = await newTicket(clients, { status });
        expect(await refusalOf(clients.tickets.createFollowUp({ ticketId, description: "x" }))).toMatchObject({
          ...{ code: "FailedPrecondition", reason: "TICKET_NOT_CLOSED", metadata: { ticket_id: ticketId } },
        });
      }
      const into = await newTicket(clients);
      const merged = await newTicket(clients, { customerId: into.customerId });
      await clients.tickets.mergeTickets({ ticketId: merged.id, intoTicketId: into.id });
      const request = { ticketId: merged.id, description: "x" };
      expect(await refusalOf(clients.tickets.createFollowUp(request))).toMatchObject({
        ...{ code: "FailedPrecondition", reason: "TICKET_NOT_CLOSED", metadata: { ticket_id: into.id } },
      });
      await clients.tickets.changeStatus({ ticketId: into.id, status: TicketStatus.CLOSED });
      expect((await clients.tickets.createFollowUp(request)).ticket?.followUpOf).toBe(merged.id);
    },
  },
];
