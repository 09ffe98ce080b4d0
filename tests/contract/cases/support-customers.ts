// SupportService: customers, and tickets that are opened for them.
import { expect } from "vitest";
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import { TicketChannel, TicketPriority, TicketStatus } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { type Case, newCustomer, newTicket, refusalOf, refuses, stateOf, unique } from "../case.ts";

const ai = { kind: ActorKind.AI, id: "ai" };
const NOBODY = "CUS-999999999999999";

export const supportCustomerCases: readonly Case[] = [
  refuses(
    "every method that names a customer, where there is none",
    async ({ support }) => [
      support.lookUpCustomer({ customerId: NOBODY }),
      support.lookUpCustomer({ email: "nobody@example.com" }),
      support.addCustomerNote({ customerId: NOBODY, note: "x" }),
    ],
    { code: "NotFound", reason: "CUSTOMER_NOT_FOUND" },
  ),
  {
    name: "OpenTicket opens a ticket for a customer by identifier or address, and adds who is not known",
    async run(clients) {
      const { support, crm } = clients;
      const email = `${unique()}@example.com`;
      const { CHAT } = TicketChannel;
      const fields = {
        subject: "Lamp",
        description: "dark",
        priority: TicketPriority.HIGH,
        channel: CHAT,
        tags: ["a"],
      };
      const request = { ...fields, customerEmail: email, customerName: "Ada", requestId: unique() };
      const added = await support.openTicket(request);
      expect(await support.openTicket(request)).toEqual(added);
      expect(added).toMatchObject({ customerAdded: true, ticket: { ...fields, status: TicketStatus.OPEN } });
      const customerId = added.ticket?.customerId ?? "";
      const { customer } = await crm.getCustomer({ customerId });
      expect(customer).toMatchObject({ name: "Ada", emails: [email] });
      const again = await support.openTicket({ subject: "x", description: "y", customerEmail: email.toUpperCase() });
      expect(again).toMatchObject({ customerAdded: false, ticket: { customerId, priority: TicketPriority.NORMAL } });
      const byId = await support.openTicket({ subject: "x", description: "y", customerId });
      expect(byId).toMatchObject({ customerAdded: false, ticket: { customerId } });
      const { events } = await stateOf(clients, byId.ticket?.id ?? "");
      expect(events).toMatchObject([{ actor: ai }]);
      const nameless = `${unique()}@${"a".repeat(60)}.${"b".repeat(60)}.${"c".repeat(60)}.${"d".repeat(20)}.example.com`;
      expect(await support.openTicket({ ...fields, customerEmail: nameless })).toMatchObject({ customerAdded: true });
    },
  },
  {
    name: "OpenTicket takes up a closed ticket",
    async run(clients) {
      const closed = await newTicket(clients, { status: TicketStatus.CLOSED, tags: ["a"] });
      const { ticket } = await clients.support.openTicket({ followUpOf: closed.id, description: "again" });
      const { customerId } = closed;
      expect(ticket).toMatchObject({ followUpOf: closed.id, customerId, subject: "Printer", tags: ["a"] });
    },
  },
  refuses(
    "OpenTicket that takes up a closed ticket with a priority, channel or tags of its own",
    async (clients) => {
      const { id: followUpOf } = await newTicket(clients);
      const open = (own: object) => clients.support.openTicket({ followUpOf, description: "x", ...own });
      return [open({ priority: 3 }), open({ channel: 1 }), open({ tags: ["a"] })];
    },
    { code: "InvalidArgument", reason: "VALIDATION_FAILED" },
  ),
  refuses(
    "OpenTicket without a customer, with two, or without a subject",
    async ({ support }) => [
      support.openTicket({ subject: "x", description: "y" }),
      support.openTicket({ subject: "x", description: "y", customerId: "CUS-1001", customerEmail: "a@example.com" }),
      support.openTicket({ subject: "x", description: "y", customerId: "CUS-1001", followUpOf: "TKT-1001" }),
      support.openTicket({ description: "y", customerId: "CUS-1001" }),
      support.openTicket({ subject: "x", customerId: "CUS-1001" }),
    ],
    { code: "InvalidArgument", reason: "VALIDATION_FAILED" },
  ),
  refuses(
    "OpenTicket for a customer whom the CRM does not know",
    async ({ support }) => [support.openTicket({ subject: "x", description: "y", customerId: NOBODY })],
    { code: "FailedPrecondition", reason: "CUSTOMER_NOT_FOUND", metadata: { customer_id: NOBODY } },
  ),
  {
    name: "LookUpCustomer finds by identifier or address, with notes and tickets of any status",
    async run(clients) {
      const email = `${unique()}@example.com`;
      const customerId = await newCustomer(clients, { emails: [email] });
      const open = await newTicket(clients, { customerId });
      const closed = await newTicket(clients, { customerId, status: TicketStatus.CLOSED });
      const { note } = await clients.support.addCustomerNote({ customerId, note: "Tea", ticketId: open.id });
      expect(note).toMatchObject({ customerId, body: "Tea", ticketId: open.id, author: ai });
      const answer = await clients.support.lookUpCustomer({ customerId });
      expect(answer).toMatchObject({
        ...{ customer: { id: customerId, emails: [email] }, notes: [note], noteCount: 1, ticketCount: 2, missing: [] },
        tickets: [{ id: closed.id }, { id: open.id }],
      });
      expect(await clients.support.lookUpCustomer({ email: email.toUpperCase() })).toEqual(answer);
      const both = clients.support.lookUpCustomer({ customerId, email });
      expect(await refusalOf(both)).toMatchObject({ code: "InvalidArgument", reason: "VALIDATION_FAILED" });
      expect(await refusalOf(clients.support.lookUpCustomer({}))).toMatchObject({ reason: "VALIDATION_FAILED" });
    },
  },
  {
    name: "SearchCustomers finds by words, plan and tags, page by page",
    async run(clients) {
      const word = unique("Zoë");
      const a = await newCustomer(clients, { name: word, plan: "pro", tags: ["x"] });
      const b = await newCustomer(clients, { company: word });
      const { customers, totalSize } = await clients.support.searchCustomers({ query: word });
      expect(customers.map(({ id }) => id)).toEqual([b, a]);
      expect(totalSize).toBe(2);
      const some = await clients.support.searchCustomers({ query: word, plan: "pro", tags: ["x"] });
      expect(some.customers.map(({ id }) => id)).toEqual([a]);
      const page = await clients.support.searchCustomers({ query: word, pageSize: 1 });
      const { nextPageToken: pageToken } = page;
      const rest = await clients.support.searchCustomers({ query: word, pageSize: 1, pageToken });
      expect(rest).toMatchObject({ customers: [{ id: a }], nextPageToken: "" });
    },
  },
];
