// Input that is made to break something: it is kept as it is, or refused with the field, and never an internal error.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect } from "vitest";
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import { TicketStatus } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { type Case, eventually, expectRefused, newCustomer, newTicket, refusalOf, stateOf, unique } from "../case.ts";

const TEXTS: Readonly<Record<string, string>> = {
  quotes: `'"\\\`; DROP TABLE ticket; -- %s \${x} {{y}}`,
  markup: "<script>alert(1)</script> <!-- --> ]]> &amp;",
  direction: "\u202eabc\u202c \u200b\ufeff\u2028\u2029",
  control: "\u0001\u0007\u001b[31m\r\n\t\u007f",
  emoji: "👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿 e\u0301 \u{10ffff}",
  scripts: "漢字 العربية हिन्दी",
  names: "__proto__ constructor $typeName",
};

export const hostileCases: readonly Case[] = [
  {
    name: "every text comes back as it was sent",
    async run(clients) {
      for (const [name, text] of Object.entries(TEXTS)) {
        const subject = [...text].slice(0, 300).join("");
        const customerId = await newCustomer(clients, { name: text, attributes: { [text]: text, __proto: text } });
        const customFields = { [text]: text };
        const tags = [text];
        const ticket = await newTicket(clients, { customerId, subject, description: text, customFields, tags });
        expect(ticket, name).toMatchObject({ subject, description: text, customFields, tags });
        const author = { kind: ActorKind.AGENT, id: text, name: text };
        await clients.tickets.respondToTicket({ ticketId: ticket.id, response: text, author, addCustomerNote: true });
        const { messages, events } = await stateOf(clients, ticket.id);
        expect(messages, name).toMatchObject([{ body: text, author }]);
        expect(events, name).toMatchObject([{}, { message: { body: text } }, {}]);
        const found = await clients.tickets.listTickets({ customerId, tags, query: text });
        expect(found.tickets.length, name).toBeLessThan(2);
        const notes = await eventually(async () => {
          const listed = await clients.crm.listNotes({ customerId });
          return listed.notes.length > 0 && listed.notes;
        });
        expect(notes[0]?.body, name).toBe(`Ticket ${ticket.id} - Response: ${[...text].slice(0, 100).join("")}...`);
      }
    },
  },
  {
    name: "the character U+0000, which PostgreSQL cannot keep, is refused everywhere with the field",
    async run(clients) {
      const { crm, tickets, analytics, support } = clients;
      const { id: ticketId, customerId } = await newTicket(clients);
      const bad = "a\0b";
      const calls: [field: string, call: Promise<unknown>][] = [
        ["customer.name", crm.createCustomer({ customer: { name: bad } })],
        ['customer.tags["1"]', crm.createCustomer({ customer: { name: "x", tags: ["ok", bad] } })],
        ['customer.attributes["k"]', crm.createCustomer({ customer: { name: "x", attributes: { k: bad } } })],
        [
          `customer.attributes["a\\u0000b"]`,
          crm.createCustomer({ customer: { name: "x", attributes: { [bad]: "" } } }),
        ],
        ["external_id", crm.findCustomer({ key: { case: "externalId", value: bad } })],
        ["query", tickets.listTickets({ query: bad })],
        ["query", crm.listCustomers({ query: bad })],
        ["page_token", tickets.listTickets({ pageToken: bad })],
        ["response", tickets.respondToTicket({ ticketId, response: bad })],
        ["author.name", tickets.addInternalNote({ ticketId, body: "x", author: { kind: 2, name: bad } })],
        ["request_id", tickets.changeStatus({ ticketId, status: TicketStatus.CLOSED, requestId: bad })],
        ["note", support.addCustomerNote({ customerId, note: bad })],
        ['texts["0"]', analytics.batchAnalyze({ texts: [bad] })],
      ];
      const refusals = await Promise.all(calls.map(([, call]) => refusalOf(call)));
      expect(refusals.map(({ fields }) => fields)).toEqual(calls.map(([field]) => [field]));
      for (const refusal of refusals)
        expect(refusal).toMatchObject({ code: "InvalidArgument", reason: "VALIDATION_FAILED" });
      expect((await stateOf(clients, ticketId)).messages).toEqual([]);
    },
  },
  {
    name: "a text that has nothing to see is refused where one has to be read, with the field, and writes nothing",
    async run(clients) {
      const { crm, tickets, support } = clients;
      const ticket = await newTicket(clients);
      const { id: ticketId, customerId } = ticket;
      const closed = await newTicket(clients, { customerId, status: TicketStatus.CLOSED });
      const customer = (await crm.getCustomer({ customerId })).customer;
      for (const blank of [" ", "\r\n\t", "\u200b\ufeff", "\u00a0\u3000\u2028"]) {
        const note = { customerId, body: blank, author: { kind: ActorKind.AGENT } };
        const calls: [field: string, call: Promise<unknown>][] = [
          ["response", tickets.respondToTicket({ ticketId, response: blank })],
          ["response", support.respondToTicket({ ticketId, response: blank })],
          ["body", tickets.recordCustomerReply({ ticketId, body: blank })],
          ["body", support.recordCustomerReply({ ticketId, body: blank })],
          ["body", tickets.addInternalNote({ ticketId, body: blank })],
          ["body", support.addInternalNote({ ticketId, body: blank })],
          ["note", support.addCustomerNote({ customerId, note: blank })],
          ["note.body", crm.addNote({ note })],
          ["customer.name", crm.createCustomer({ customer: { name: blank } })],
          ["customer.name", crm.updateCustomer({ customer: { id: customerId, name: blank } })],
          ["ticket.subject", tickets.createTicket({ ticket: { subject: blank, customerId } })],
          ["ticket.subject", tickets.updateTicket({ ticket: { id: ticketId, subject: blank } })],
          ["ticket.assignee", tickets.updateTicket({ ticket: { id: ticketId, assignee: blank } })],
          ["assignee", support.updateTicket({ ticketId, assignee: blank })],
          ["description", support.openTicket({ customerId, subject: "x", description: blank })],
          ["description", tickets.createFollowUp({ ticketId: closed.id, description: blank })],
          ["edited_text", tickets.decideApproval({ approvalId: "APR-1001", decision: 1, editedText: blank })],
          ["comment", tickets.decideApproval({ approvalId: "APR-1001", decision: 2, comment: blank })],
          ["", tickets.receiveMessage({ fromEmail: "ada@example.com", subject: blank, text: blank })],
        ];
        const refusals = await Promise.all(calls.map(([, call]) => refusalOf(call)));
        expect(refusals.map(({ fields }) => fields)).toEqual(calls.map(([field]) => [field]));
        for (const refusal of refusals)
          expect(refusal).toMatchObject({ code: "InvalidArgument", reason: "VALIDATION_FAILED" });
      }
      expect((await stateOf(clients, ticketId)).ticket).toEqual(ticket);
      expect((await crm.getCustomer({ customerId })).customer).toEqual(customer);
      expect((await crm.listNotes({ customerId })).notes).toEqual([]);
      // Nobody is somebody who is known by name: empty still is.
      expect((await support.updateTicket({ ticketId, assignee: "" })).ticket?.assignee).toBe("");
    },
  },
  {
    name: "an identifier that is no number of this desk, or too large a one, is no internal error",
    async run({ tickets, crm, support }) {
      const bad = [
        "",
        "1001",
        "TKT-",
        "TKT-0001",
        "TKT-1001 ",
        "tkt-1001",
        "TKT-1001'--",
        "TKT-9999999999999999",
        "TKT-１００１",
      ];
      const calls = bad.map((ticketId) => tickets.getTicket({ ticketId }));
      await expectRefused(calls, { code: "InvalidArgument", fields: ["ticket_id"] });
      const large = "999999999999999";
      const missing = [
        tickets.getTicket({ ticketId: `TKT-${large}` }),
        crm.getCustomer({ customerId: `CUS-${large}` }),
        support.handleTicket({ ticketId: `TKT-${large}` }),
        support.lookUpCustomer({ customerId: `CUS-${large}` }),
      ];
      await expectRefused(missing, { code: "NotFound" });
    },
  },
  {
    name: "numbers and times at the ends of their types are no internal error",
    async run({ tickets }) {
      const last = 2n ** 63n - 1n;
      expect(await tickets.listEvents({ afterPosition: last })).toMatchObject({ events: [] });
      const times = { createdFrom: timestampFromMs(Date.parse("0001-01-01T00:00:00Z")) };
      const before = timestampFromMs(Date.parse("9999-12-31T23:59:59Z"));
      const customerId = "CUS-999999999999999";
      expect(await tickets.listTickets({ customerId, ...times, createdBefore: before })).toMatchObject({
        totalSize: 0,
      });
    },
  },
  {
    name: "a page token that somebody made up is refused",
    async run({ tickets }) {
      const token = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
      const made = [
        "x",
        "null",
        token(null),
        token([]),
        token(["x", 1, 2]),
        token([{}, {}, {}]),
        "é",
        "a".repeat(1000),
      ];
      await expectRefused(
        made.map((pageToken) => tickets.listTickets({ pageToken })),
        { code: "InvalidArgument", reason: "PAGE_TOKEN_INVALID" },
      );
      await expectRefused([tickets.listTickets({ pageToken: "a".repeat(1001) })], { fields: ["page_token"] });
    },
  },
  {
    name: "a path into a map changes that entry alone, with a request_id too",
    async run(clients) {
      const { id } = await newTicket(clients, { customFields: { Tier_1: "x" } });
      const updateMask = { paths: ["custom_fields.a"] };
      const update = { ticket: { id, customFields: { a: "1" } }, updateMask, requestId: unique() };
      expect((await clients.tickets.updateTicket(update)).ticket?.customFields).toEqual({ Tier_1: "x", a: "1" });
      const removal = { ticket: { id }, updateMask: { paths: ["custom_fields.a"] } };
      expect((await clients.tickets.updateTicket(removal)).ticket?.customFields).toEqual({ Tier_1: "x" });
    },
  },
];
