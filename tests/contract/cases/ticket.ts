// TicketService: opening, reading and changing tickets.
import { create } from "@bufbuild/protobuf";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { expect } from "vitest";
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import {
  TicketChannel,
  TicketLineSchema,
  TicketPriority,
  TicketStatus,
  TicketView,
  WaitingOn,
} from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { type Case, expectRefused, newCustomer, newTicket, refusalOf, refuses, stateOf, unique } from "../case.ts";

const NO_TICKET = "TKT-999999999999999";
const missing = { code: "NotFound", reason: "TICKET_NOT_FOUND", metadata: { ticket_id: NO_TICKET } };

export const ticketCases: readonly Case[] = [
  {
    name: "CreateTicket stores every field and GetTicket gives it back",
    async run(clients) {
      const customerId = await newCustomer(clients);
      const fields = {
        ...{ subject: "Lamp ✨", description: "It is\r\ndark.\t", customerId, priority: TicketPriority.URGENT },
        ...{ category: "billing_eu", channel: TicketChannel.PHONE, tags: ["b", "a"], assignee: "sam", team: "night" },
        ...{ customFields: { order: "NW-1", "": "x" }, waitingOn: WaitingOn.THIRD_PARTY, externalId: unique("key") },
        status: TicketStatus.IN_PROGRESS,
      };
      const wrong = await refusalOf(clients.tickets.createTicket({ ticket: fields }));
      expect(wrong).toMatchObject({ reason: "VALIDATION_FAILED", fields: ['ticket.custom_fields[""]'] });
      const ticket = { ...fields, customFields: { order: "NW-1" } };
      const created = (await clients.tickets.createTicket({ ticket })).ticket;
      expect(created).toMatchObject({ ...ticket, messageCount: 0, reopenCount: 0, mergedInto: "", followUpOf: "" });
      expect(created?.id).toMatch(/^TKT-[1-9]\d{3,}$/);
      expect(created?.createTime).toEqual(created?.waitingSince);
      const found = await clients.tickets.getTicket({ ticketId: created?.id as string });
      expect(found).toMatchObject({ ticket: created, messages: [], earlierMessageCount: 0 });
    },
  },
  {
    name: "CreateTicket fills in what is not said, and takes nothing that is the service's to set",
    async run(clients) {
      const customerId = await newCustomer(clients);
      const time = { seconds: 1n, nanos: 0 };
      const times = { createTime: time, closeTime: time, firstResponseTime: time, resolveTime: time };
      const own = { id: "TKT-1234567", etag: "v9", ...times, mergedInto: "TKT-1001", reopenCount: 7 };
      const { ticket } = await clients.tickets.createTicket({ ticket: { ...own, subject: "x", customerId } });
      expect(ticket).toMatchObject({
        ...{ status: TicketStatus.OPEN, priority: TicketPriority.NORMAL, channel: TicketChannel.API },
        ...{ waitingOn: WaitingOn.DESK, mergedInto: "", reopenCount: 0 },
      });
      for (const name of ["closeTime", "firstResponseTime", "resolveTime"] as const) {
        expect(ticket?.[name]).toBeUndefined();
      }
      expect(ticket?.id).not.toBe(own.id);
      expect(ticket?.etag).not.toBe(own.etag);
      expect(ticket?.createTime).not.toEqual(time);
      const { events } = await stateOf(clients, ticket?.id as string);
      expect(events).toMatchObject([
        { type: TicketEventType.CREATED, customerId, actor: { kind: ActorKind.CUSTOMER, id: customerId } },
      ]);
    },
  },
  refuses(
    "CreateTicket for a customer whom the CRM does not know",
    async ({ tickets }) => [tickets.createTicket({ ticket: { subject: "x", customerId: "CUS-999999999999999" } })],
    {
      ...{ code: "FailedPrecondition", reason: "CUSTOMER_NOT_FOUND" },
      metadata: { customer_id: "CUS-999999999999999" },
    },
  ),
  refuses(
    "CreateTicket without a subject, without a customer, or resolved already",
    async (clients) => {
      const customerId = await newCustomer(clients);
      const { tickets } = clients;
      return [
        tickets.createTicket({ ticket: { customerId } }),
        tickets.createTicket({ ticket: { subject: "x" } }),
        tickets.createTicket({ ticket: { subject: "x", customerId, status: TicketStatus.RESOLVED } }),
      ];
    },
    { code: "InvalidArgument", reason: "VALIDATION_FAILED" },
  ),
  {
    name: "each rule of a ticket names its field",
    async run(clients) {
      const customerId = await newCustomer(clients);
      const wrong = {
        "ticket.subject": { subject: "x".repeat(301) },
        "ticket.description": { description: "x".repeat(50_001) },
        "ticket.priority": { priority: 77 as TicketPriority },
        "ticket.category": { category: "Two Words" },
        'ticket.tags["0"]': { tags: [""] },
        "ticket.customer_id": { customerId: "CUS-0001" },
        'ticket.custom_fields["long"]': { customFields: { long: "x".repeat(1001) } },
      };
      for (const [field, value] of Object.entries(wrong)) {
        const refusal = refusalOf(clients.tickets.createTicket({ ticket: { subject: "x", customerId, ...value } }));
        expect(await refusal).toMatchObject({ code: "InvalidArgument", reason: "VALIDATION_FAILED", fields: [field] });
      }
      // Limits count characters, not bytes and not halves of a pair.
      const subject = "🖨".repeat(300);
      expect((await newTicket(clients, { subject })).subject).toBe(subject);
    },
  },
  {
    name: "an external id that a ticket has is refused with the ticket",
    async run(clients) {
      const externalId = unique("key");
      const [holder, other] = [await newTicket(clients, { externalId }), await newTicket(clients)];
      const taken = {
        ...{ code: "AlreadyExists", reason: "EXTERNAL_ID_TAKEN" },
        metadata: { ticket_id: holder.id, external_id: externalId },
      };
      const ticket = { subject: "x", customerId: other.customerId, externalId };
      expect(await refusalOf(clients.tickets.createTicket({ ticket }))).toMatchObject(taken);
      const update = clients.tickets.updateTicket({ ticket: { id: other.id, externalId } });
      expect(await refusalOf(update)).toMatchObject(taken);
      expect((await stateOf(clients, other.id)).ticket).toEqual(other);
    },
  },
  refuses(
    "every method that names a ticket, where there is none",
    async ({ tickets }) => {
      const ticketId = NO_TICKET;
      return [
        tickets.getTicket({ ticketId }),
        tickets.listTicketMessages({ ticketId }),
        tickets.listTicketHistory({ ticketId }),
        tickets.updateTicket({ ticket: { id: ticketId, team: "x" } }),
        tickets.respondToTicket({ ticketId, response: "x" }),
        tickets.recordCustomerReply({ ticketId, body: "x" }),
        tickets.addInternalNote({ ticketId, body: "x" }),
        tickets.changeStatus({ ticketId, status: TicketStatus.OPEN }),
        tickets.mergeTickets({ ticketId, intoTicketId: "TKT-999999999999998" }),
        tickets.createFollowUp({ ticketId, description: "x" }),
      ];
    },
    { code: "NotFound", reason: "TICKET_NOT_FOUND" },
  ),
  {
    name: "a ticket that does not exist is named",
    async run({ tickets }) {
      expect(await refusalOf(tickets.getTicket({ ticketId: NO_TICKET }))).toMatchObject(missing);
    },
  },
  {
    name: "GetTicket brings other open tickets of the customer, the last changed first",
    async run(clients) {
      const { id: ticketId, customerId } = await newTicket(clients);
      const add = (fields: Parameters<typeof newTicket>[1]) => newTicket(clients, { customerId, ...fields });
      const others = [
        await add({
          subject: "a",
          description: "terrible",
          priority: TicketPriority.URGENT,
          tags: ["x"],
          team: "night",
        }),
        await add({ status: TicketStatus.IN_PROGRESS }),
      ];
      // A third thing that makes it press.
      await clients.tickets.recordCustomerReply({ ticketId: others[0]?.id ?? "", body: "Still terrible." });
      await add({ status: TicketStatus.RESOLVED });
      await newTicket(clients, {});
      const found = async (otherOpenLimit: number) => await clients.tickets.getTicket({ ticketId, otherOpenLimit });
      const listed = await clients.tickets.listTickets({ customerId, view: TicketView.BASIC });
      const { otherOpenTickets } = await found(50);
      const expected = listed.tickets.flatMap((ticket, index) => {
        if (!others.some(({ id }) => id === ticket.id)) return [];
        const { score = 0, factors = [] } = listed.priorityScores[index] ?? {};
        const giving = factors.filter(({ points }) => points > 0).sort((a, b) => b.points - a.points);
        const { id, subject, status, priority, category, assignee, team, tags, waitingOn, updateTime, dueTime } =
          ticket;
        const shown = { id, subject, status, priority, category, assignee, team, tags, waitingOn, updateTime, dueTime };
        return [
          create(TicketLineSchema, { ...shown, customerId, priorityScore: { score, factors: giving.slice(0, 2) } }),
        ];
      });
      expect(otherOpenTickets).toEqual(expected);
      expect((await found(1)).otherOpenTickets).toEqual(otherOpenTickets.slice(0, 1));
      expect((await found(0)).otherOpenTickets).toEqual([]);
    },
  },
  {
    name: "UpdateTicket changes what the mask names, clears what the mask names and the ticket lacks, keeps the rest",
    async run(clients) {
      const { id } = await newTicket(clients, { category: "billing", team: "day", customFields: { a: "1" } });
      const update = async (ticket: object, paths?: string[]) =>
        (await clients.tickets.updateTicket({ ticket: { id, ...ticket }, ...(paths && { updateMask: { paths } }) }))
          .ticket;
      const first = await update({ assignee: "sam", team: "ignored" }, ["assignee", "category"]);
      expect(first).toMatchObject({ assignee: "sam", category: "", team: "day", subject: "Printer" });
      const second = await update({ subject: "Toner", tags: ["x"], customFields: { b: "2" } });
      expect(second).toMatchObject({ subject: "Toner", tags: ["x"], team: "day", customFields: { b: "2" } });
      expect(await update({}, ["tags", "custom_fields.b"])).toMatchObject({ tags: [], customFields: {} });
      const { events } = await stateOf(clients, id);
      expect(events.map(({ changes }) => changes.map(({ field }) => field).sort())).toEqual([
        expect.arrayContaining(["subject", "customer_id"]),
        ["assignee", "category"],
        ["custom_fields", "subject", "tags"],
        ["custom_fields", "tags"],
      ]);
    },
  },
  {
    name: "what has a default and is cleared gets its default",
    async run(clients) {
      const waitingOn = WaitingOn.THIRD_PARTY;
      const { id } = await newTicket(clients, { priority: TicketPriority.URGENT, waitingOn });
      const updateMask = { paths: ["priority", "waiting_on", "channel"] };
      const { ticket } = await clients.tickets.updateTicket({ ticket: { id }, updateMask });
      expect(ticket).toMatchObject({
        ...{ priority: TicketPriority.NORMAL, waitingOn: WaitingOn.DESK, channel: TicketChannel.API },
      });
    },
  },
  {
    name: "who has to act next is somebody until a ticket is done, and nobody from then on",
    async run(clients) {
      const { OPEN, IN_PROGRESS, RESOLVED } = TicketStatus;
      const { DESK, CUSTOMER, THIRD_PARTY, NOBODY } = WaitingOn;
      const open = await newTicket(clients);
      const done = await newTicket(clients, { status: RESOLVED });
      const update = (id: string, waitingOn: WaitingOn, updateStatus?: TicketStatus) =>
        clients.tickets.updateTicket({
          ticket: { id, waitingOn },
          updateMask: { paths: ["waiting_on"] },
          ...(updateStatus && { updateStatus }),
        });
      const before = [await stateOf(clients, open.id), await stateOf(clients, done.id)];
      await expectRefused(
        [
          update(open.id, NOBODY),
          update(open.id, NOBODY, IN_PROGRESS),
          update(open.id, CUSTOMER, RESOLVED),
          update(done.id, DESK),
          update(done.id, NOBODY, OPEN),
        ],
        { code: "FailedPrecondition", reason: "WAITING_ON_CONTRADICTS" },
      );
      const ticket = { subject: "x", customerId: open.customerId, waitingOn: NOBODY };
      await expectRefused([clients.tickets.createTicket({ ticket })], { reason: "VALIDATION_FAILED" });
      expect([await stateOf(clients, open.id), await stateOf(clients, done.id)]).toEqual(before);
      const cleared = await update(done.id, WaitingOn.UNSPECIFIED);
      expect(cleared.ticket).toEqual(before[1]?.ticket);
      const again = await update(done.id, THIRD_PARTY, IN_PROGRESS);
      expect(again.ticket).toMatchObject({ status: IN_PROGRESS, waitingOn: THIRD_PARTY });
      expect((await update(open.id, NOBODY, RESOLVED)).ticket).toMatchObject({ status: RESOLVED, waitingOn: NOBODY });
    },
  },
  {
    name: "UpdateTicket adds and takes away tags and moves the status in the same write",
    async run(clients) {
      const { id } = await newTicket(clients, { tags: ["a", "b"] });
      const tags = { addTags: ["b", "c", "d"], removeTags: ["a", "d", "z"] };
      const ticket = { id, priority: TicketPriority.HIGH };
      const updateStatus = TicketStatus.RESOLVED;
      const updated = await clients.tickets.updateTicket({ ticket, ...tags, updateStatus });
      expect(updated.ticket).toMatchObject({ tags: ["b", "c"], priority: 3, status: updateStatus });
      const { events } = await stateOf(clients, id);
      expect(events.map(({ type }) => type)).toEqual([
        ...[TicketEventType.CREATED, TicketEventType.UPDATED, TicketEventType.STATUS_CHANGED],
      ]);
      const listed = await clients.tickets.listTickets({ tags: ["c"], customerId: updated.ticket?.customerId ?? "" });
      expect(listed.tickets.map((found) => found.id)).toEqual([id]);
      const gone = await clients.tickets.listTickets({ tags: ["a"], customerId: updated.ticket?.customerId ?? "" });
      expect(gone.tickets).toEqual([]);
    },
  },
  {
    name: "an update that changes nothing writes nothing",
    async run(clients) {
      const { id } = await newTicket(clients, { tags: ["a"], team: "day" });
      const before = await stateOf(clients, id);
      const same = { id, team: "day", tags: ["a"] };
      const { ticket } = await clients.tickets.updateTicket({ ticket: same, addTags: ["a"], removeTags: ["b"] });
      expect(ticket).toEqual(before.ticket);
      expect(await stateOf(clients, id)).toEqual(before);
    },
  },
  {
    name: "more than 50 tags are refused, and nothing of the update is written",
    async run(clients) {
      const { id } = await newTicket(clients, { tags: ["a"] });
      const before = await stateOf(clients, id);
      const addTags = Array.from({ length: 50 }, (_, index) => `tag ${index}`);
      const refusal = await refusalOf(clients.tickets.updateTicket({ ticket: { id, team: "x" }, addTags }));
      expect(refusal).toMatchObject({ code: "InvalidArgument", reason: "TOO_MANY_TAGS" });
      expect(await stateOf(clients, id)).toEqual(before);
    },
  },
  {
    name: "a write for an older state is refused with the current etag and writes nothing",
    async run(clients) {
      const { tickets } = clients;
      const { id, etag: stale } = await newTicket(clients);
      const { ticket } = await tickets.updateTicket({ ticket: { id, team: "x", etag: stale } });
      const before = await stateOf(clients, id);
      const metadata = { current_etag: ticket?.etag as string };
      const writes = [
        tickets.updateTicket({ ticket: { id, team: "y", etag: stale } }),
        tickets.respondToTicket({ ticketId: id, response: "x", etag: stale, addCustomerNote: true }),
        tickets.changeStatus({ ticketId: id, status: TicketStatus.RESOLVED, etag: stale }),
      ];
      await expectRefused(writes, { code: "Aborted", reason: "ETAG_MISMATCH", metadata });
      const late = await refusalOf(tickets.respondToTicket({ ticketId: id, response: "x", etag: stale }));
      expect(late.metadata?.missed).toMatch(/^updated \(team\) by agent at \d{4}-\d\d-\d\dT[\d:.]+Z$/);
      expect(await stateOf(clients, id)).toEqual(before);
      const { etag = "" } = before.ticket ?? {};
      expect(await tickets.respondToTicket({ ticketId: id, response: "x", etag })).toBeDefined();
    },
  },
  refuses(
    "UpdateTicket of a field that is not the caller's",
    async (clients) => {
      const { id } = await newTicket(clients);
      const update = (path: string) =>
        clients.tickets.updateTicket({ ticket: { id, customerId: "CUS-1001" }, updateMask: { paths: [path] } });
      return [update("customer_id"), update("status"), update("etag"), update("merged_into"), update("description")];
    },
    { code: "InvalidArgument", reason: "VALIDATION_FAILED", fields: ["update_mask"] },
  ),
  {
    name: "times of a ticket follow what happens to it",
    async run(clients) {
      const { tickets } = clients;
      const { id: ticketId } = await newTicket(clients);
      const ms = (time: Parameters<typeof timestampDate>[0] | undefined) => (time ? timestampDate(time).getTime() : 0);
      const answered = (await tickets.respondToTicket({ ticketId, response: "x" })).ticket;
      expect(ms(answered?.firstResponseTime)).toBe(ms(answered?.updateTime));
      const again = (await tickets.respondToTicket({ ticketId, response: "y" })).ticket;
      expect(again?.firstResponseTime).toEqual(answered?.firstResponseTime);
      expect(again?.waitingSince).toEqual(answered?.waitingSince);
      const resolved = (await tickets.changeStatus({ ticketId, status: TicketStatus.RESOLVED })).ticket;
      expect(resolved).toMatchObject({ waitingOn: WaitingOn.NOBODY, resolveTime: resolved?.updateTime });
      const closed = (await tickets.changeStatus({ ticketId, status: TicketStatus.CLOSED })).ticket;
      expect(closed).toMatchObject({ closeTime: closed?.updateTime, resolveTime: resolved?.resolveTime });
    },
  },
];
