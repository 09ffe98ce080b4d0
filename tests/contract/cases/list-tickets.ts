// ListTickets: filters, orders, search and pages.
import { type Timestamp, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { expect } from "vitest";
import {
  type Ticket,
  TicketOrder,
  TicketPriority,
  TicketStatus,
  TicketView,
  WaitingOn,
} from "#gen/deskwire/ticket/v1/ticket_pb.js";
import {
  allPages,
  type Case,
  type Clients,
  eventually,
  expectRefused,
  newCustomer,
  newTicket,
  unique,
} from "../case.ts";

type Filter = Parameters<Clients["tickets"]["listTickets"]>[0];

/** Lists what `filter` finds among the tickets of one customer. */
async function find({ tickets }: Clients, customerId: string, filter: Filter): Promise<string[]> {
  const { tickets: found, totalSize } = await tickets.listTickets({ customerId, pageSize: 100, ...filter });
  expect(totalSize).toBe(found.length);
  return found.map(({ subject }) => subject).sort();
}

const at = (ticket: Ticket | undefined) => (ticket?.createTime ? timestampMs(ticket.createTime) : 0);

export const listTicketsCases: readonly Case[] = [
  {
    name: "ListTickets filters by every filter, joined by AND",
    async run(clients) {
      const customerId = await newCustomer(clients);
      const add = (subject: string, fields: Parameters<typeof newTicket>[1] = {}) =>
        newTicket(clients, { customerId, subject, ...fields });
      await add("a", { priority: TicketPriority.LOW, category: "billing", tags: ["x", "y"], assignee: "sam" });
      await add("b", { priority: TicketPriority.HIGH, category: "shipping", tags: ["x"], team: "day" });
      await add("c", { status: TicketStatus.RESOLVED, team: "day", category: "billing" });
      await add("d", { status: TicketStatus.CLOSED, waitingOn: WaitingOn.THIRD_PARTY });
      const found = (filter: Filter) => find(clients, customerId, filter);
      const { OPEN, RESOLVED } = TicketStatus;
      expect(await found({})).toEqual(["a", "b", "c", "d"]);
      expect(await found({ statuses: [OPEN] })).toEqual(["a", "b"]);
      expect(await found({ statuses: [OPEN, RESOLVED] })).toEqual(["a", "b", "c"]);
      expect(await found({ priorities: [TicketPriority.LOW, TicketPriority.HIGH] })).toEqual(["a", "b"]);
      expect(await found({ categories: ["billing", "other"] })).toEqual(["a", "c"]);
      expect(await found({ assignee: "sam" })).toEqual(["a"]);
      expect(await found({ unassigned: true })).toEqual(["b", "c", "d"]);
      expect(await found({ unassigned: true, assignee: "sam" })).toEqual([]);
      expect(await found({ team: "day" })).toEqual(["b", "c"]);
      expect(await found({ team: "day", statuses: [OPEN] })).toEqual(["b"]);
      expect(await found({ tags: ["x"] })).toEqual(["a", "b"]);
      expect(await found({ tags: ["x", "y"] })).toEqual(["a"]);
      expect(await found({ waitingOn: WaitingOn.NOBODY })).toEqual(["c", "d"]);
      expect(await found({ waitingOn: WaitingOn.DESK, query: "b" })).toEqual(["b"]);
      expect(await found({ customerId: "CUS-999999999999999" })).toEqual([]);
    },
  },
  {
    name: "ListTickets brings what a line of a list shows, or all of a ticket",
    async run(clients) {
      const customerId = await newCustomer(clients);
      const fields = { description: "It has been so since Friday.", customFields: { order: "A-17" } };
      await newTicket(clients, { customerId, subject: "Printer", tags: ["x"], ...fields });
      for (const query of ["", "printer"]) {
        const listed = async (view: TicketView) =>
          (await clients.tickets.listTickets({ customerId, query, view })).tickets;
        const [whole] = await listed(TicketView.UNSPECIFIED);
        expect(whole).toMatchObject(fields);
        expect(await listed(TicketView.FULL)).toEqual([whole]);
        expect(await listed(TicketView.BASIC)).toEqual([{ ...whole, description: "", customFields: {} }]);
      }
    },
  },
  {
    name: "ListTickets filters by time: from is included, before is not",
    async run(clients) {
      const customerId = await newCustomer(clients);
      const first = await newTicket(clients, { customerId, subject: "first" });
      await eventually(async () => Date.now() > at(first));
      const second = await newTicket(clients, { customerId, subject: "second" });
      const boundary = timestampFromMs(at(second));
      const found = (filter: Filter) => find(clients, customerId, filter);
      expect(await found({ createdFrom: boundary })).toEqual(["second"]);
      expect(await found({ createdBefore: boundary })).toEqual(["first"]);
      expect(await found({ createdFrom: timestampFromMs(at(first)), createdBefore: boundary })).toEqual(["first"]);
      await eventually(async () => Date.now() > at(second));
      const { ticket } = await clients.tickets.updateTicket({ ticket: { id: first.id, team: "x" } });
      const updated = ticket?.updateTime as Timestamp;
      expect(await found({ updatedFrom: updated })).toEqual(["first"]);
      expect(await found({ updatedBefore: updated })).toEqual(["second"]);
    },
  },
  {
    name: "words are found in subject, description and one message, whatever their case and accents",
    async run(clients) {
      const customerId = await newCustomer(clients);
      const word = unique("Größe");
      const inSubject = await newTicket(clients, { customerId, subject: `1 ${word} of the box` });
      const description = `It's "${word}", isn't it?`;
      await newTicket(clients, { customerId, subject: "2", description });
      const { id: ticketId } = await newTicket(clients, { customerId, subject: "3 lamp" });
      await clients.tickets.recordCustomerReply({ ticketId, body: `about the ${word}: blue` });
      await clients.tickets.addInternalNote({ ticketId, body: "green" });
      const found = (query: string) => find(clients, customerId, { query });
      const subjects = [inSubject.subject, "2", "3 lamp"];
      expect(await found(word)).toEqual(subjects);
      expect(await found(word.toUpperCase().replace("SS", "ß"))).toEqual(subjects);
      expect(await found(word.toLowerCase().replace("ö", "o"))).toEqual(subjects);
      expect(await found(word.slice(0, -3))).toEqual(subjects);
      expect(await found(`box ${word}`)).toEqual([inSubject.subject]);
      expect(await found(`blu ${word.slice(0, -3)}`)).toEqual([]);
      expect(await found(`${word} blu`)).toEqual(["3 lamp"]);
      // Each word in a message of its own is not enough.
      expect(await found("blue green")).toEqual([]);
      expect(await found("lamp blue")).toEqual([]);
    },
  },
  {
    name: "what a search language would take for an operator is no more than a space",
    async run(clients) {
      const customerId = await newCustomer(clients);
      await newTicket(clients, { customerId, subject: "red green" });
      const found = (query: string) => find(clients, customerId, { query });
      for (const query of [
        "red* green",
        '"red" - green',
        "red:green",
        "(red) | green)",
        "red & green & gre",
        "'red'",
      ]) {
        expect(await found(query), query).toEqual(["red green"]);
      }
      for (const query of ["red NOT green", "red OR blue", "***", "'; DROP TABLE ticket; --", "🚀", "%", "\\"]) {
        expect(await found(query), query).toEqual([]);
      }
      for (const query of ["", " ", "\u200b\n"]) expect(await found(query)).toEqual(["red green"]);
    },
  },
  {
    name: "a ticket is found by its identifier, among those that the filters leave",
    async run(clients) {
      const { id, customerId } = await newTicket(clients, { subject: "This one" });
      await newTicket(clients, { customerId, subject: "Another one" });
      for (const query of [id, id.toLowerCase(), ` ${id} `])
        expect(await find(clients, customerId, { query })).toEqual(["This one"]);
      expect(await find(clients, customerId, { query: id, statuses: [TicketStatus.CLOSED] })).toEqual([]);
      expect(await find(clients, customerId, { query: "TKT-999999999999999" })).toEqual([]);
    },
  },
  {
    name: "each order lists all tickets once, page by page, with ties broken the same way every time",
    async run(clients) {
      const customerId = await newCustomer(clients);
      const { LOW, NORMAL, HIGH, URGENT } = TicketPriority;
      const all: Ticket[] = [];
      for (const priority of [NORMAL, URGENT, LOW, HIGH, URGENT, NORMAL, LOW]) {
        all.push(await newTicket(clients, { customerId, priority }));
      }
      await clients.tickets.updateTicket({ ticket: { id: all[1]?.id as string, waitingOn: WaitingOn.CUSTOMER } });
      const { tickets } = await clients.tickets.listTickets({ customerId });
      const number = (ticket: Ticket) => Number(ticket.id.slice(4));
      const ms = (time: Ticket["createTime"]) => (time ? timestampMs(time) : 0);
      const sorted = (...keys: ((ticket: Ticket) => number)[]) =>
        [...tickets]
          .sort((a, b) => keys.map((key) => key(a) - key(b)).find((difference) => difference !== 0) ?? 0)
          .map(({ id }) => id);
      const updated = (ticket: Ticket) => ms(ticket.updateTime);
      const created = (ticket: Ticket) => ms(ticket.createTime);
      const waiting = (ticket: Ticket) => ms(ticket.waitingSince);
      const due = ({ dueTime }: Ticket) => (dueTime ? timestampMs(dueTime) : Number.POSITIVE_INFINITY);
      const down = (key: (ticket: Ticket) => number) => (ticket: Ticket) => -key(ticket);
      const expected: Record<TicketOrder, string[]> = {
        [TicketOrder.UNSPECIFIED]: sorted(down(updated), down(number)),
        [TicketOrder.UPDATED_NEWEST]: sorted(down(updated), down(number)),
        [TicketOrder.UPDATED_OLDEST]: sorted(updated, number),
        [TicketOrder.CREATED_NEWEST]: sorted(down(created), down(number)),
        [TicketOrder.CREATED_OLDEST]: sorted(created, number),
        [TicketOrder.PRIORITY_HIGHEST]: sorted(({ priority }) => -priority, waiting, number),
        [TicketOrder.WAITING_LONGEST]: sorted(waiting, number),
        [TicketOrder.DUE_SOONEST]: sorted(due, number),
      };
      for (const [name, ids] of Object.entries(expected)) {
        const order = Number(name) as TicketOrder;
        const pages = await allPages(async (pageToken) => {
          const page = await clients.tickets.listTickets({ customerId, order, pageSize: 3, pageToken });
          expect(page.totalSize).toBe(7);
          return { items: page.tickets.map(({ id }) => id), nextPageToken: page.nextPageToken };
        });
        expect(pages.map(({ length }) => length)).toEqual([3, 3, 1]);
        expect(pages.flat(), TicketOrder[order]).toEqual(ids);
      }
    },
  },
  {
    name: "a page goes on where the last one ended, whatever was added in front in between",
    async run(clients) {
      const customerId = await newCustomer(clients);
      for (const subject of ["1", "2", "3"]) await newTicket(clients, { customerId, subject });
      const list = { customerId, order: TicketOrder.CREATED_NEWEST, pageSize: 2 };
      const first = await clients.tickets.listTickets(list);
      await newTicket(clients, { customerId, subject: "4" });
      const second = await clients.tickets.listTickets({ ...list, pageToken: first.nextPageToken });
      expect([...first.tickets, ...second.tickets].map(({ subject }) => subject)).toEqual(["3", "2", "1"]);
    },
  },
  {
    name: "a page token belongs to its filter, its order and its method",
    async run(clients) {
      const customerId = await newCustomer(clients);
      const { id: ticketId } = await newTicket(clients, { customerId });
      await newTicket(clients, { customerId });
      const { nextPageToken: pageToken } = await clients.tickets.listTickets({ customerId, pageSize: 1 });
      expect(pageToken).not.toBe("");
      const changed: Filter[] = [{ order: TicketOrder.CREATED_OLDEST }, { team: "x" }, { query: "x" }, { tags: ["x"] }];
      const calls = [
        ...changed.map((filter) => clients.tickets.listTickets({ customerId, ...filter, pageToken })),
        clients.tickets.listTicketHistory({ ticketId, pageToken }),
        clients.tickets.listTicketMessages({ ticketId, pageToken }),
        clients.tickets.listEvents({ pageToken }),
        clients.crm.listCustomers({ pageToken }),
      ];
      await expectRefused(calls, { code: "InvalidArgument", reason: "PAGE_TOKEN_INVALID" });
    },
  },
  {
    name: "sizes of pages out of bounds are refused with the field",
    async run({ tickets, crm }) {
      for (const pageSize of [-1, 101]) {
        const calls = [
          tickets.listTickets({ pageSize }),
          tickets.listTicketHistory({ ticketId: "TKT-1001", pageSize }),
          tickets.listTicketMessages({ ticketId: "TKT-1001", pageSize }),
          crm.listCustomers({ pageSize }),
          crm.listNotes({ customerId: "CUS-1001", pageSize }),
        ];
        await expectRefused(calls, { fields: ["page_size"] });
      }
      await expectRefused([tickets.listEvents({ pageSize: 1001 })], { fields: ["page_size"] });
    },
  },
];
