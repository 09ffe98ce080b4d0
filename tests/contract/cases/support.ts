// SupportService: working tickets.
import { expect } from "vitest";
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import { Category, Sentiment } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import { MetricsGrouping } from "#gen/deskwire/analytics/v1/metrics_pb.js";
import { CustomerNoteState } from "#gen/deskwire/support/v1/case_pb.js";
import { MessageVisibility } from "#gen/deskwire/ticket/v1/message_pb.js";
import { TicketOrder, TicketPriority, TicketStatus, WaitingOn } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import {
  allPages,
  type Case,
  eventually,
  expectRefused,
  newCustomer,
  newTicket,
  refusalOf,
  refuses,
  stateOf,
  unique,
} from "../case.ts";

const ai = { kind: ActorKind.AI, id: "ai" };
const NO_TICKET = "TKT-999999999999999";
const ANGRY = "I was charged twice on my invoice. This is terrible, I want a correct invoice now!";

export const supportCases: readonly Case[] = [
  {
    name: "GetSupportMetrics answers the last seven days of a team, told apart as asked",
    async run(clients) {
      const team = unique("team");
      const { customerId } = await newTicket(clients, { team, assignee: "ada" });
      await newTicket(clients, { team, customerId });
      const found = await eventually(async () => {
        const answer = await clients.support.getSupportMetrics({ team, groupBy: MetricsGrouping.ASSIGNEE });
        return answer.total?.overall?.volume?.created === 2 && answer;
      });
      expect(found.groups.map(({ key }) => key)).toEqual(["ada", ""]);
      const { startTime, endTime } = found;
      expect(Number(endTime?.seconds) - Number(startTime?.seconds)).toBeCloseTo(7 * 24 * 60 * 60, -1);
      const other = await clients.support.getSupportMetrics({ team, customerId: "CUS-999999999", days: 1 });
      expect(other.total?.overall?.volume).toMatchObject({ created: 0, backlog: 0 });
    },
  },
  {
    name: "HandleTicket answers with ticket, conversation, customer, notes, other open tickets and analysis",
    async run(clients) {
      const { crm, tickets, support } = clients;
      const customerId = await newCustomer(clients, { name: "Ada" });
      const { id: ticketId } = await newTicket(clients, { customerId, subject: "Invoice", description: ANGRY });
      const open = await newTicket(clients, { customerId, subject: "open", status: TicketStatus.IN_PROGRESS });
      await newTicket(clients, { customerId, subject: "closed", status: TicketStatus.CLOSED });
      await tickets.respondToTicket({ ticketId, response: "We look into it." });
      for (const body of ["1", "2", "3", "4", "5", "6"]) {
        await crm.addNote({ note: { customerId, body, author: { kind: ActorKind.AGENT } } });
      }
      const answer = await support.handleTicket({ ticketId });
      const { ticket, messages } = await stateOf(clients, ticketId);
      expect(answer).toMatchObject({ ticket, conversation: messages, earlierMessageCount: 0, missing: [] });
      expect(answer.customer).toEqual((await crm.getCustomer({ customerId })).customer);
      expect(answer.customerNotes.map(({ body }) => body)).toEqual(["6", "5", "4", "3", "2"]);
      expect(answer.otherOpenTickets).toMatchObject([
        { id: open.id, subject: "open", customerId, status: TicketStatus.IN_PROGRESS },
      ]);
      expect(answer.otherOpenTickets).toHaveLength(1);
      const { NEGATIVE, POSITIVE } = Sentiment;
      expect(answer.analysis).toMatchObject({ sentiment: NEGATIVE, category: Category.BILLING });
      expect(answer.analysis?.engine).not.toBe("");
      expect(answer.analysis).toMatchObject({ urgency: expect.any(Number), language: "en", corrected: false });
      expect(answer.analysis?.sentimentEvidence).toContain("terrible");
      expect(answer.analysis?.categoryEvidence.length).toBeGreaterThan(0);
      // The subject is in what the customer wrote first, the mood in what they wrote last.
      await tickets.recordCustomerReply({ ticketId, body: "Thank you so much, that is wonderful!" });
      const later = await support.handleTicket({ ticketId });
      expect(later.analysis).toMatchObject({ sentiment: POSITIVE, category: Category.BILLING });
    },
  },
  {
    name: "HandleTicket brings the latest 30 messages, ListConversation the rest",
    async run(clients) {
      const { id: ticketId } = await newTicket(clients);
      for (let index = 0; index < 32; index++) {
        await clients.tickets.addInternalNote({ ticketId, body: String(index) });
      }
      const { conversation, earlierMessageCount } = await clients.support.handleTicket({ ticketId });
      expect(conversation.map(({ body }) => body)).toEqual(Array.from({ length: 30 }, (_, index) => String(index + 2)));
      expect(earlierMessageCount).toBe(2);
      const pages = await allPages(async (pageToken) => {
        const page = await clients.support.listConversation({ ticketId, pageToken });
        expect(page.totalSize).toBe(32);
        return { items: page.messages.map(({ body }) => Number(body)), nextPageToken: page.nextPageToken };
      });
      expect(pages.map(({ length }) => length)).toEqual([20, 12]);
      expect(pages.flat()).toEqual(Array.from({ length: 32 }, (_, index) => index));
    },
  },
  refuses(
    "every method that names a ticket, where there is none",
    async ({ support }) => [
      support.handleTicket({ ticketId: NO_TICKET }),
      support.listConversation({ ticketId: NO_TICKET }),
      support.respondToTicket({ ticketId: NO_TICKET, response: "x" }),
      support.recordCustomerReply({ ticketId: NO_TICKET, body: "x" }),
      support.updateTicket({ ticketId: NO_TICKET, team: "x" }),
      support.addInternalNote({ ticketId: NO_TICKET, body: "x" }),
      support.mergeTickets({ ticketId: NO_TICKET, intoTicketId: "TKT-1001" }),
      support.openTicket({ followUpOf: NO_TICKET, description: "x" }),
      support.addCustomerNote({ customerId: "CUS-1001", note: "x", ticketId: NO_TICKET }),
    ],
    { code: "NotFound", reason: "TICKET_NOT_FOUND", metadata: { ticket_id: NO_TICKET } },
  ),
  {
    name: "RespondToTicket stores answer and status as an AI agent and leaves a note in the CRM",
    async run(clients) {
      const { id: ticketId, customerId, etag } = await newTicket(clients);
      const request = {
        ticketId,
        response: "Done. 👍",
        updateStatus: TicketStatus.RESOLVED,
        addCustomerNote: true,
        etag,
      };
      const answer = await clients.support.respondToTicket(request);
      expect(answer).toMatchObject({
        ...{ success: true, customerNote: CustomerNoteState.QUEUED },
        ticket: { status: TicketStatus.RESOLVED, waitingOn: WaitingOn.NOBODY, messageCount: 1 },
        response: { body: "Done. 👍", author: ai, visibility: MessageVisibility.PUBLIC },
      });
      const notes = await eventually(async () => {
        const { notes: found } = await clients.crm.listNotes({ customerId });
        return found.length > 0 && found;
      });
      expect(notes).toMatchObject([{ body: `Ticket ${ticketId} - Response: Done. 👍...`, author: ai, ticketId }]);
      const plain = await clients.support.respondToTicket({ ticketId, response: "x" });
      expect(plain.customerNote).toBe(CustomerNoteState.NOT_REQUESTED);
    },
  },
  {
    name: "what the ticket service refuses is refused with the same reason and details, and writes nothing",
    async run(clients) {
      const { support } = clients;
      const { id: ticketId } = await newTicket(clients, { status: TicketStatus.CLOSED });
      const before = await stateOf(clients, ticketId);
      const writes = [
        support.respondToTicket({ ticketId, response: "x", updateStatus: TicketStatus.OPEN, addCustomerNote: true }),
        support.recordCustomerReply({ ticketId, body: "x" }),
        support.updateTicket({ ticketId, status: TicketStatus.OPEN }),
        support.addInternalNote({ ticketId, body: "x" }),
      ];
      const metadata = { ticket_id: ticketId };
      await expectRefused(writes, { code: "FailedPrecondition", reason: "TICKET_CLOSED", metadata });
      expect(await stateOf(clients, ticketId)).toEqual(before);
      const open = await newTicket(clients);
      const stale = { code: "Aborted", reason: "ETAG_MISMATCH", metadata: { current_etag: open.etag } };
      const late = [
        support.respondToTicket({ ticketId: open.id, response: "x", etag: "v0" }),
        support.updateTicket({ ticketId: open.id, team: "x", etag: "v0" }),
      ];
      await expectRefused(late, stale);
      expect((await stateOf(clients, open.id)).ticket).toEqual(open);
      const notClosed = { code: "FailedPrecondition", reason: "TICKET_NOT_CLOSED" };
      await expectRefused([support.openTicket({ followUpOf: open.id, description: "x" })], notClosed);
    },
  },
  refuses(
    "a customer's words in the name of an agent, and an agent's in the name of a customer",
    async (clients) => {
      const { id: ticketId, customerId } = await newTicket(clients);
      const author = { kind: ActorKind.CUSTOMER };
      return [
        clients.support.respondToTicket({ ticketId, response: "x", author }),
        clients.support.addInternalNote({ ticketId, body: "x", author }),
        clients.support.addCustomerNote({ customerId, note: "x", author }),
      ];
    },
    { code: "InvalidArgument", reason: "VALIDATION_FAILED", fields: ["author"] },
  ),
  {
    name: "SearchTickets finds by words and by every filter, in the order asked for, 20 at a time",
    async run(clients) {
      const customerId = await newCustomer(clients);
      const [word, team] = [unique(), unique()];
      const { LOW, URGENT } = TicketPriority;
      const a = await newTicket(clients, {
        customerId,
        team,
        subject: `${word} a`,
        priority: LOW,
        category: "billing",
      });
      const b = await newTicket(clients, { customerId, team, priority: URGENT, tags: ["x"], assignee: "sam" });
      await clients.tickets.recordCustomerReply({ ticketId: b.id, body: word });
      const search = async (filter: Parameters<typeof clients.support.searchTickets>[0]) => {
        const { tickets, totalSize } = await clients.support.searchTickets({ team, ...filter });
        expect(totalSize).toBe(tickets.length);
        return tickets.map(({ id }) => id);
      };
      expect(await search({ query: word })).toEqual([b.id, a.id]);
      expect(await search({ query: word, order: TicketOrder.CREATED_OLDEST })).toEqual([a.id, b.id]);
      expect(await search({ order: TicketOrder.PRIORITY_HIGHEST, customerId })).toEqual([b.id, a.id]);
      expect(await search({ priorities: [LOW], statuses: [TicketStatus.OPEN] })).toEqual([a.id]);
      expect(await search({ category: "billing" })).toEqual([a.id]);
      expect(await search({ unassigned: true })).toEqual([a.id]);
      expect(await search({ assignee: "sam", tags: ["x"] })).toEqual([b.id]);
      expect(await search({ waitingOn: WaitingOn.CUSTOMER })).toEqual([]);
      expect(await search({ createdBefore: a.createTime as NonNullable<typeof a.createTime> })).toEqual([]);
      const [summary] = (await clients.support.searchTickets({ team, tags: ["x"] })).tickets;
      const { status, priority, tags, assignee } = b;
      expect(summary).toMatchObject({
        id: b.id,
        subject: "Printer",
        status,
        priority,
        tags,
        assignee,
        team,
        customerId,
      });
      const first = await clients.support.searchTickets({ team, pageSize: 1 });
      const rest = await clients.support.searchTickets({ team, pageSize: 1, pageToken: first.nextPageToken });
      expect([...first.tickets, ...rest.tickets].map(({ id }) => id)).toEqual([b.id, a.id]);
      const foreign = clients.support.searchTickets({ team, query: word, pageToken: first.nextPageToken });
      expect(await refusalOf(foreign)).toMatchObject({ code: "InvalidArgument", reason: "PAGE_TOKEN_INVALID" });
    },
  },
  {
    name: "RecordCustomerReply opens a resolved ticket again, AddInternalNote is for the desk alone",
    async run(clients) {
      const { support } = clients;
      const { id: ticketId, customerId } = await newTicket(clients, { status: TicketStatus.RESOLVED });
      const reply = await support.recordCustomerReply({ ticketId, body: "Still dark" });
      const author = { kind: ActorKind.CUSTOMER, id: customerId };
      expect(reply).toMatchObject({ ticket: { status: TicketStatus.OPEN }, message: { body: "Still dark", author } });
      const note = await support.addInternalNote({ ticketId, body: "Call" });
      const visibility = MessageVisibility.INTERNAL;
      expect(note).toMatchObject({ ticket: { messageCount: 2 }, message: { body: "Call", author: ai, visibility } });
    },
  },
  {
    name: "UpdateTicket changes only what is given, and an empty text takes away",
    async run(clients) {
      const { id: ticketId } = await newTicket(clients, { team: "day", category: "billing", tags: ["a"] });
      const update = async (fields: Omit<Parameters<typeof clients.support.updateTicket>[0], "ticketId">) =>
        (await clients.support.updateTicket({ ticketId, ...fields } as never)).ticket;
      const first = await update({ priority: TicketPriority.URGENT, assignee: "sam", addTags: ["b"] });
      expect(first).toMatchObject({ priority: 4, assignee: "sam", tags: ["a", "b"], team: "day", category: "billing" });
      const second = await update({ assignee: "", category: "", removeTags: ["a"], status: TicketStatus.IN_PROGRESS });
      expect(second).toMatchObject({ assignee: "", category: "", tags: ["b"], team: "day", priority: 4, status: 2 });
      expect(await update({ waitingOn: WaitingOn.THIRD_PARTY })).toMatchObject({ waitingOn: 3, subject: "Printer" });
      expect(await refusalOf(update({}))).toMatchObject({ code: "InvalidArgument", reason: "VALIDATION_FAILED" });
      const wrong = await refusalOf(update({ category: "Two Words", team: "night" }));
      expect(wrong).toMatchObject({ code: "InvalidArgument", fields: ["category"] });
      expect((await stateOf(clients, ticketId)).ticket?.team).toBe("day");
    },
  },
  {
    name: "MergeTickets merges two tickets of a customer and refuses those of two",
    async run(clients) {
      const into = await newTicket(clients);
      const { id: ticketId } = await newTicket(clients, { customerId: into.customerId, subject: "second" });
      const merged = await clients.support.mergeTickets({ ticketId, intoTicketId: into.id });
      expect(merged).toMatchObject({
        ticket: { id: into.id, messageCount: 1 },
        mergedTicket: { id: ticketId, status: TicketStatus.CLOSED },
      });
      const { id: foreign } = await newTicket(clients);
      const refusal = await refusalOf(clients.support.mergeTickets({ ticketId: foreign, intoTicketId: into.id }));
      const metadata = { ticket_id: foreign, into_ticket_id: into.id };
      expect(refusal).toMatchObject({ code: "FailedPrecondition", reason: "CUSTOMERS_DIFFER", metadata });
    },
  },
];
