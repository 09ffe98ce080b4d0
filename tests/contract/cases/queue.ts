// The queue: due times, what comes first, and the score that explains it.
import { type Timestamp, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { expect } from "vitest";
import {
  type Ticket,
  TicketOrder,
  TicketPriority,
  TicketStatus,
  TicketUrgency,
  WaitingOn,
} from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { HOUR_MS } from "../../../runtime/time-units.ts";
import { allPages, type Case, type Clients, eventually, newCustomer, newTicket, stateOf, unique } from "../case.ts";
import { importRows } from "./import.ts";

const { LOW, NORMAL, HIGH, URGENT } = TicketPriority;
const ANGRY = "This is the worst service ever. I need this fixed NOW, our whole shop is down and we are losing money!";

const ms = (time: Timestamp | undefined) => (time ? timestampMs(time) : Number.NaN);
const read = async ({ tickets }: Clients, ticketId: string) => (await tickets.getTicket({ ticketId })).ticket as Ticket;
const queue = async ({ tickets }: Clients, customerId: string) => {
  const list = await tickets.listTickets({ customerId, order: TicketOrder.DUE_SOONEST });
  return list.tickets.map(({ id }) => id);
};

export const queueCases: readonly Case[] = [
  {
    name: "a ticket is due while it waits on the desk, and only then",
    async run(clients) {
      const { tickets } = clients;
      const { id: ticketId, dueTime, waitingSince } = await newTicket(clients, { priority: URGENT });
      expect(ms(dueTime)).toBe(ms(waitingSince) + HOUR_MS);
      const answered = await tickets.respondToTicket({ ticketId, response: "Done?" });
      expect(answered.ticket?.dueTime).toBeUndefined();
      const { ticket: again } = await tickets.recordCustomerReply({ ticketId, body: "No." });
      expect(ms(again?.dueTime)).toBe(ms(again?.waitingSince) + HOUR_MS);
      const supplier = { ticket: { id: ticketId, waitingOn: WaitingOn.THIRD_PARTY } };
      expect((await tickets.updateTicket(supplier)).ticket?.dueTime).toBeUndefined();
      const resolved = await tickets.changeStatus({ ticketId, status: TicketStatus.RESOLVED });
      expect(resolved.ticket?.dueTime).toBeUndefined();
      const reopened = await tickets.changeStatus({ ticketId, status: TicketStatus.OPEN });
      expect(ms(reopened.ticket?.dueTime)).toBeGreaterThan(0);
      expect(await read(clients, ticketId)).toEqual(reopened.ticket);
    },
  },
  {
    name: "another priority changes when a ticket is due, from when it began to wait",
    async run(clients) {
      const { id, dueTime, waitingSince } = await newTicket(clients, { priority: NORMAL });
      const update = async (priority: TicketPriority) => {
        const { ticket } = await clients.tickets.updateTicket({ ticket: { id, priority } });
        expect(ticket?.waitingSince).toEqual(waitingSince);
        return ms(ticket?.dueTime);
      };
      expect(await update(URGENT)).toBe(ms(waitingSince) + HOUR_MS);
      expect(await update(HIGH)).toBeLessThan(ms(dueTime));
      expect(await update(LOW)).toBeGreaterThan(ms(dueTime));
    },
  },
  {
    name: "the customer's words are read when a ticket is opened and when the customer writes",
    async run(clients) {
      const calm = await newTicket(clients, { description: "A question about my invoice." });
      expect(calm.urgency).not.toBe(TicketUrgency.HIGH);
      expect(calm.sentimentScore).toBeDefined();
      const { ticket } = await clients.tickets.recordCustomerReply({ ticketId: calm.id, body: ANGRY });
      expect(ticket?.urgency).toBe(TicketUrgency.HIGH);
      expect(ticket?.sentimentScore).toBeLessThan(0);
      expect(ms(ticket?.dueTime)).toBeLessThan(ms(calm.dueTime));
      const opened = await newTicket(clients, { description: ANGRY });
      expect(opened.urgency).toBe(TicketUrgency.HIGH);
      expect(opened.sentimentScore).toBeLessThan(0);
      expect((await newTicket(clients, { description: ANGRY, priority: LOW })).dueTime).not.toEqual(opened.dueTime);
    },
  },
  {
    name: "the customer's plan is kept as it is when the customer writes",
    async run(clients) {
      const customerId = await newCustomer(clients, { plan: "enterprise" });
      const ticket = await newTicket(clients, { customerId, priority: HIGH });
      expect(ticket.plan).toBe("enterprise");
      const usual = await newTicket(clients, { priority: HIGH });
      expect(usual.plan).toBe("");
      await clients.crm.updateCustomer({ customer: { id: customerId, plan: "free" }, updateMask: { paths: ["plan"] } });
      expect((await read(clients, ticket.id)).plan).toBe("enterprise");
      const replied = await clients.tickets.recordCustomerReply({ ticketId: ticket.id, body: "Hello?" });
      expect(replied.ticket?.plan).toBe("free");
    },
  },
  {
    name: "messages from outside, follow-ups and imports have plan, urgency and due time too",
    async run(clients) {
      const { tickets } = clients;
      const email = `${unique()}@example.com`;
      const customerId = await newCustomer(clients, { emails: [email], plan: "pro" });
      const expected = { plan: "pro", urgency: TicketUrgency.HIGH };
      const received = await tickets.receiveMessage({ fromEmail: email, subject: "Down", text: ANGRY });
      const fromOutside = await read(clients, received.ticketId);
      expect(fromOutside).toMatchObject({ ...expected, customerId });
      expect(fromOutside.dueTime).toBeDefined();
      // A reply's subject is that of the conversation, and no words of now.
      const reply = { fromEmail: email, subject: ANGRY, ticketId: received.ticketId, text: "Thank you, all is well." };
      await tickets.receiveMessage(reply);
      const pleased = await read(clients, received.ticketId);
      expect(pleased.urgency).not.toBe(TicketUrgency.HIGH);
      expect(pleased.sentimentScore).toBeGreaterThan(0);
      await tickets.changeStatus({ ticketId: received.ticketId, status: TicketStatus.CLOSED });
      const followUp = await tickets.createFollowUp({ ticketId: received.ticketId, description: ANGRY });
      expect(followUp.ticket).toMatchObject(expected);
      const row = { description: ANGRY, customerEmail: email, externalId: unique() };
      const { imported } = await importRows(clients, [row, { ...row, externalId: unique(), status: "closed" }]);
      const [open = "", closed = ""] = imported.map(({ ticketId }) => ticketId);
      expect((await read(clients, open)).dueTime).toBeDefined();
      const ticket = await eventually(async () => {
        const now = await read(clients, open);
        return now.urgency === TicketUrgency.HIGH && now;
      });
      expect(ticket).toMatchObject(expected);
      expect(ms(ticket.dueTime)).toBe(ms((await stateOf(clients, open)).ticket?.dueTime));
      expect(await read(clients, closed)).toMatchObject({ plan: "pro", urgency: TicketUrgency.MEDIUM });
      expect((await read(clients, closed)).dueTime).toBeUndefined();
    },
  },
  {
    name: "messages that nobody has answered are counted until somebody does",
    async run(clients) {
      const { id: ticketId } = await newTicket(clients);
      const count = async () => (await read(clients, ticketId)).unansweredFollowUps;
      const counts = [await count()];
      for (const body of ["Hello?", "Anybody?"]) {
        await clients.tickets.recordCustomerReply({ ticketId, body });
        counts.push(await count());
      }
      await clients.tickets.respondToTicket({ ticketId, response: "Here." });
      counts.push(await count());
      await clients.tickets.recordCustomerReply({ ticketId, body: "At last." });
      counts.push(await count());
      expect(counts).toEqual([0, 1, 2, 0, 0]);
    },
  },
  {
    name: "a merge keeps the place in the queue of whichever waits longer",
    async run(clients) {
      const customerId = await newCustomer(clients);
      const older = await newTicket(clients, { customerId, description: ANGRY });
      const into = await newTicket(clients, { customerId });
      await clients.tickets.respondToTicket({ ticketId: into.id, response: "Better?" });
      const { ticket } = await clients.tickets.mergeTickets({ ticketId: older.id, intoTicketId: into.id });
      expect(ticket).toMatchObject({ waitingOn: WaitingOn.DESK, urgency: TicketUrgency.HIGH });
      expect(ticket).toMatchObject({ waitingSince: older.waitingSince, unansweredFollowUps: 0 });
      expect(await read(clients, into.id)).toEqual(ticket);
      const third = await newTicket(clients, { customerId });
      const merged = await clients.tickets.mergeTickets({ ticketId: third.id, intoTicketId: into.id });
      expect(merged.ticket).toMatchObject({ waitingSince: older.waitingSince, unansweredFollowUps: 1 });
      const done = await newTicket(clients, { customerId, status: TicketStatus.RESOLVED });
      const still = await clients.tickets.mergeTickets({ ticketId: done.id, intoTicketId: into.id });
      expect(still.ticket?.waitingSince).toEqual(older.waitingSince);
    },
  },
  {
    name: "what is due soonest comes first, what does not wait on the desk last",
    async run(clients) {
      const customerId = await newCustomer(clients);
      const ids = new Map<string, string>();
      for (const [name, priority] of Object.entries({ answered: URGENT, low: LOW, normal: NORMAL, urgent: URGENT })) {
        ids.set(name, (await newTicket(clients, { customerId, priority })).id);
      }
      await clients.tickets.respondToTicket({ ticketId: ids.get("answered") ?? "", response: "Done." });
      const order = ["urgent", "normal", "low", "answered"].map((name) => ids.get(name));
      expect(await queue(clients, customerId)).toEqual(order);
      const pages = await allPages(async (pageToken) => {
        const request = { customerId, order: TicketOrder.DUE_SOONEST, pageSize: 3, pageToken };
        const { tickets, nextPageToken } = await clients.tickets.listTickets(request);
        return { items: tickets.map(({ id }) => id), nextPageToken };
      });
      expect(pages.flat()).toEqual(order);
    },
  },
  {
    name: "pages of the queue neither repeat nor skip what stays while others are answered and opened",
    async run(clients) {
      const customerId = await newCustomer(clients);
      const opened: string[] = [];
      for (let i = 0; i < 6; i++) opened.push((await newTicket(clients, { customerId })).id);
      const [first = "", second = "", , fourth = ""] = opened;
      const list = { customerId, order: TicketOrder.DUE_SOONEST, pageSize: 3, waitingOn: WaitingOn.DESK };
      const page = await clients.tickets.listTickets(list);
      expect(page.tickets.map(({ id }) => id)).toEqual(opened.slice(0, 3));
      // The work goes on: what was shown is answered, something that was not is, and something more urgent comes in.
      for (const ticketId of [first, second, fourth]) {
        await clients.tickets.respondToTicket({ ticketId, response: "Done." });
      }
      const urgent = await newTicket(clients, { customerId, priority: URGENT });
      const next = await clients.tickets.listTickets({ ...list, pageToken: page.nextPageToken });
      expect(next.tickets.map(({ id }) => id)).toEqual(opened.slice(4));
      expect((await queue(clients, customerId))[0]).toBe(urgent.id);
    },
  },
  {
    name: "overdue tickets are found, and those due before a time",
    async run(clients) {
      const email = `${unique()}@example.com`;
      const customerId = await newCustomer(clients, { emails: [email] });
      const createTime = "2024-02-29T23:30:00Z";
      const { imported } = await importRows(clients, [
        { description: "Old", customerEmail: email, externalId: unique(), createTime },
        { description: "Done", customerEmail: email, externalId: unique(), createTime, status: "closed" },
      ]);
      const late = imported[0]?.ticketId;
      const fresh = await newTicket(clients, { customerId, priority: LOW });
      const found = async (filter: Parameters<Clients["tickets"]["listTickets"]>[0]) =>
        (await clients.tickets.listTickets({ customerId, ...filter })).tickets.map(({ id }) => id);
      expect(await found({ overdue: true })).toEqual([late]);
      const dueBefore = timestampFromMs(ms(fresh.dueTime));
      expect(await found({ dueBefore })).toEqual([late]);
      expect(
        await found({ dueBefore: timestampFromMs(ms(fresh.dueTime) + 1), order: TicketOrder.DUE_SOONEST }),
      ).toEqual([...[late, fresh.id]]);
      expect(await found({ dueBefore: timestampFromMs(Date.parse("9999-12-31T23:59:59.999Z")) })).toHaveLength(2);
      const { tickets } = await clients.support.searchTickets({ customerId, overdue: true });
      expect(tickets).toMatchObject([{ id: late, priorityReason: expect.stringContaining("overdue by more than") }]);
    },
  },
  {
    name: "the score is told with its factors, and in short in a list",
    async run(clients) {
      const customerId = await newCustomer(clients, { plan: "enterprise" });
      const { id: ticketId, dueTime } = await newTicket(clients, { customerId, priority: URGENT, description: ANGRY });
      const [direct, listed, handled, searched] = await Promise.all([
        clients.tickets.getTicket({ ticketId }),
        clients.tickets.listTickets({ customerId }),
        clients.support.handleTicket({ ticketId }),
        clients.support.searchTickets({ customerId }),
      ]);
      const { priorityScore } = direct;
      expect(priorityScore?.factors.map(({ name }) => name)).toEqual([
        ...["urgency", "waiting", "sentiment", "plan", "reopened", "follow_ups"],
      ]);
      expect(priorityScore?.factors.reduce((sum, { points }) => sum + points, 0)).toBe(priorityScore?.score);
      expect(listed.priorityScores).toEqual([priorityScore]);
      expect(handled.priorityScore).toEqual(priorityScore);
      const priorityReason = expect.stringMatching(/^priority urgent; .+/);
      expect(searched.tickets).toMatchObject([{ dueTime, priorityScore: priorityScore?.score, priorityReason }]);
      await clients.tickets.respondToTicket({ ticketId, response: "Done." });
      expect((await clients.tickets.getTicket({ ticketId })).priorityScore).toMatchObject({ score: 0, factors: [] });
    },
  },
  {
    name: "SearchTickets gives the queue to whoever asks what waits on the desk",
    async run(clients) {
      const customerId = await newCustomer(clients);
      const normal = await newTicket(clients, { customerId });
      const urgent = await newTicket(clients, { customerId, priority: URGENT });
      await newTicket(clients, { customerId, priority: LOW });
      await clients.tickets.updateTicket({ ticket: { id: normal.id, team: "billing" } });
      const ids = async (request: Parameters<Clients["support"]["searchTickets"]>[0]) =>
        (await clients.support.searchTickets({ customerId, pageSize: 1, ...request })).tickets[0]?.id;
      expect(await ids({ waitingOn: WaitingOn.DESK })).toBe(urgent.id);
      expect(await ids({})).toBe(normal.id);
      expect(await ids({ waitingOn: WaitingOn.DESK, order: TicketOrder.UPDATED_NEWEST })).toBe(normal.id);
    },
  },
  {
    name: "the log has urgency and plan, and not what is worked out from it",
    async run(clients) {
      const customerId = await newCustomer(clients, { plan: "pro" });
      const { id } = await newTicket(clients, { customerId, description: ANGRY });
      await clients.tickets.recordCustomerReply({ ticketId: id, body: "And it goes on." });
      const { events } = await stateOf(clients, id);
      const fields = events.flatMap(({ changes }) => changes.map(({ field }) => field));
      expect(fields).toContain("urgency");
      expect(fields).toContain("plan");
      for (const derived of ["due_time", "sentiment_score", "unanswered_follow_ups"]) {
        expect(fields).not.toContain(derived);
      }
    },
  },
];
