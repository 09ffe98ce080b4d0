// Pages that are merged from lanes hold what a plain look at all tickets finds, in the same order, whatever is asked for.
import { create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TicketMessage, TicketMessageSchema } from "#gen/deskwire/ticket/v1/message_pb.js";
import {
  type Ticket,
  TicketOrder,
  TicketPriority,
  TicketStatus,
  WaitingOn,
} from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { type ListTicketsRequest, ListTicketsRequestSchema } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { CATEGORIES, madeUpAnswer, madeUpTicket, TAGS, TEAMS, word } from "../../bench/scale/made-up.ts";
import type { Database } from "../../runtime/database/database.ts";
import type { KeyValue } from "../../runtime/database/keyset.ts";
import { readAtOnce } from "../../runtime/database/rows.ts";
import { formatId } from "../../runtime/messages/ids.ts";
import { totalSize } from "../../runtime/messages/pagination.ts";
import { select } from "../../services/ticket/list/conditions.ts";
import { ticketsMatching } from "../../services/ticket/list/filters.ts";
import { orderColumns } from "../../services/ticket/list/orders.ts";
import { otherOpenTickets } from "../../services/ticket/list/other-open.ts";
import { type PageQuestion, sortedPage, ticketPage } from "../../services/ticket/list/page.ts";
import { search } from "../../services/ticket/list/search.ts";
import { insertMessages } from "../../services/ticket/message-store.ts";
import { migrations } from "../../services/ticket/migrations.ts";
import { insertTickets, toTicket, updateTicket } from "../../services/ticket/ticket-store.ts";
import { DIALECTS, type TemporaryDatabase, temporaryDatabase } from "../support/databases.ts";

const END = Date.UTC(2026, 0, 1);
const COUNT = 300;
const { OPEN, IN_PROGRESS, RESOLVED, CLOSED } = TicketStatus;
const { LOW, HIGH, URGENT } = TicketPriority;
const { DESK, CUSTOMER, NOBODY } = WaitingOn;
const time = timestampFromMs(END - 200 * 24 * 60 * 60_000);

/** One choice of each row is taken, by the digits of a number: some of everything, and of everything together. */
const CHOICES: readonly (readonly object[])[] = [
  [{}, { statuses: [OPEN] }, { statuses: [CLOSED, OPEN] }, { statuses: [OPEN, IN_PROGRESS, RESOLVED, CLOSED] }],
  [{}, { priorities: [URGENT] }, { priorities: [LOW, HIGH] }],
  [{}, { waitingOn: DESK }, { waitingOn: CUSTOMER }, { overdue: true }, { dueBefore: time }],
  [{}, { team: "platform" }, { unassigned: true }, { assignee: "agent-3" }, { customerId: "CUS-1001" }],
  [{}, { categories: ["billing"] }, { categories: ["billing", "shipping"] }, { categories: CATEGORIES.slice(1) }],
  [{}, {}, { tags: ["tag-1"] }, { tags: ["tag-2", "tag-3"] }],
  [{}, {}, { createdFrom: time }, { createdBefore: time, updatedFrom: time }],
  Object.values(TicketOrder).flatMap((order) => (typeof order === "number" ? { order } : [])),
];

function* requests(): Generator<ListTicketsRequest> {
  for (let number = 0; number < 400; number++) {
    const picked = CHOICES.map(
      (choices, row) => choices[Math.floor((number * 7919) / (row * row + 1)) % choices.length],
    );
    yield create(ListTicketsRequestSchema, Object.assign({}, ...picked) as never);
  }
}

const ms = (at: Ticket["createTime"]) => (at ? timestampMs(at) : Number.MAX_SAFE_INTEGER);

function wanted(ticket: Ticket, it: ListTicketsRequest, now: number): boolean {
  const among = <T>(values: readonly T[], value: T) => values.length === 0 || values.includes(value);
  return (
    among(it.statuses, ticket.status) &&
    among(it.priorities, ticket.priority) &&
    among(it.categories, ticket.category) &&
    (!it.waitingOn || ticket.waitingOn === it.waitingOn) &&
    (!it.team || ticket.team === it.team) &&
    (!it.unassigned || ticket.assignee === "") &&
    (!it.assignee || ticket.assignee === it.assignee) &&
    (!it.customerId || ticket.customerId === it.customerId) &&
    it.tags.every((tag) => ticket.tags.includes(tag)) &&
    (!it.createdFrom || ms(ticket.createTime) >= ms(it.createdFrom)) &&
    (!it.createdBefore || ms(ticket.createTime) < ms(it.createdBefore)) &&
    (!it.updatedFrom || ms(ticket.updateTime) >= ms(it.updatedFrom)) &&
    (!it.dueBefore || ms(ticket.dueTime) < ms(it.dueBefore)) &&
    (!it.overdue || ms(ticket.dueTime) < now)
  );
}

const VALUES: Readonly<Record<string, (ticket: Ticket) => number>> = {
  update_time: (ticket) => ms(ticket.updateTime),
  create_time: (ticket) => ms(ticket.createTime),
  waiting_since: (ticket) => ms(ticket.waitingSince),
  due_at: (ticket) => ms(ticket.dueTime),
  priority: (ticket) => ticket.priority,
  id: (ticket) => Number(ticket.id.slice(4)),
};

function inOrder(tickets: readonly Ticket[], order: TicketOrder): string[] {
  const columns = orderColumns(order);
  const sorted = tickets.toSorted((one, other) => {
    for (const { column, direction } of columns) {
      const value = VALUES[column.replace("ticket.", "")] as (ticket: Ticket) => number;
      const difference = value(one) - value(other);
      if (difference !== 0) return direction === "asc" ? difference : -difference;
    }
    return 0;
  });
  return sorted.map(({ id }) => id);
}

/** A small desk in which much is alike, so that orders are decided by their last column too. */
function ticketOf(index: number): Ticket {
  const ticket = madeUpTicket({ tickets: COUNT, end: END }, index);
  const rounded = timestampFromMs(Math.floor(ms(ticket.updateTime) / 864e6) * 864e6);
  const due = ticket.waitingOn === DESK && index % 3 > 0 ? { dueTime: timestampFromMs(ms(rounded) + 9e8) } : {};
  return {
    ...ticket,
    ...due,
    tags: TAGS.filter((_, at) => (index >> at) % 3 === 0).slice(0, 4),
    updateTime: rounded,
    waitingSince: rounded,
  };
}

/** What was said in one of three tickets; of some words more than in the tickets themselves. */
const SAID = new Map(
  Array.from({ length: COUNT / 3 }, (_, index) => [`TKT-${1_001 + 3 * index}`, `${madeUpAnswer(index)} regards`]),
);

function answers(): TicketMessage[] {
  return [...SAID].map(([ticketId, body], index) => {
    const id = formatId("MSG", 1_001 + index);
    return create(TicketMessageSchema, { id, ticketId, body, createTime: time, author: { id: "agent-1" } });
  });
}

describe.each(DIALECTS)("%s", (dialect) => {
  let place: TemporaryDatabase;
  let database: Database;
  let tickets: Ticket[];
  beforeAll(async () => {
    place = await temporaryDatabase(dialect);
    database = await place.open(...migrations);
    tickets = Array.from({ length: COUNT }, (_, index) => ticketOf(index));
    await database.transaction((trx) => insertTickets(trx, tickets));
    await database.transaction((trx) => insertMessages(trx, answers()));
    // Some change afterwards, with their labels and without.
    for (const index of [5, 6, 7, 8, 9]) {
      const before = tickets[index] as Ticket;
      const change = index % 2 ? { tags: ["tag-1", "tag-2", "tag-3"] } : { team: TEAMS[2] as string };
      const state =
        index === 8 ? { status: RESOLVED, waitingOn: NOBODY } : { status: OPEN, waitingOn: DESK, dueTime: time };
      const after = { ...before, ...change, ...state, updateTime: time };
      await database.transaction((trx) => updateTicket(trx, before, after));
      tickets[index] = after;
    }
  });
  afterAll(async () => {
    await database.close();
    await place.remove();
  });

  test("hold the same tickets in the same order as a sort of all, page by page", async () => {
    const now = END - 250 * 24 * 60 * 60_000;
    let most = 0;
    for (const request of requests()) {
      const order = orderColumns(request.order);
      const matching = () => ticketsMatching(database, { request, now });
      const atOnce = readAtOnce(database.knex);
      const merged = (question: PageQuestion) => ticketPage(database, question);
      const sorted = (question: PageQuestion) => sortedPage(matching(), question, atOnce);
      const expected = tickets.filter((ticket) => wanted(ticket, request, now));
      for (const read of request.customerId ? [merged, sorted] : [merged]) {
        const ids: string[] = [];
        let after: readonly KeyValue[] | undefined;
        do {
          const page = await read({ request, now, order, limit: 17, after });
          ids.push(...page.rows.map((row) => toTicket(row).id));
          after = page.next;
        } while (after);
        expect({ request, ids }).toEqual({ request, ids: inOrder(expected, request.order) });
      }
      expect(await totalSize(select("1", matching()), atOnce)).toBe(expected.length);
      most = Math.max(most, expected.length);
    }
    expect(most).toBeGreaterThan(100);
  });

  test.each([
    ["few", COUNT],
    ["many", 0],
  ])("other open tickets of a customer are the same, taken for %s", async (_, most) => {
    for (const ticket of tickets.slice(0, 40)) {
      const others = tickets.filter(
        ({ id, customerId, status }) =>
          id !== ticket.id && customerId === ticket.customerId && (status === OPEN || status === IN_PROGRESS),
      );
      const found = await otherOpenTickets(database, ticket, 3, most);
      expect(found.map(({ id }) => formatId("TKT", id))).toEqual(
        inOrder(others, TicketOrder.UPDATED_NEWEST).slice(0, 3),
      );
    }
  });

  test.each([
    ["few", { few: 1_000, glance: 0, dense: 0, lookedAt: 1_000, short: 1_000 }],
    ["many, all of them known", { few: 0, glance: 0, dense: 0, lookedAt: 1_000, short: 5 }],
    ["more than are known", { few: 0, glance: 0, dense: 0, lookedAt: 20, short: 5 }],
    ["more than are known, close together", { few: 0, glance: 20, dense: COUNT, lookedAt: 20, short: 5 }],
  ])("of a search hold the same, the finds taken for %s", async (_, limits) => {
    const now = END;
    const [one = "", two = ""] = tickets[0]?.description.split(" ") ?? [];
    for (const query of [word(0), word(1), one, two, `${word(0)} ${word(2)}`, "ba", "regards", "zzz"]) {
      for (const filter of [
        {},
        { statuses: [OPEN] },
        { team: "platform", order: TicketOrder.PRIORITY_HIGHEST },
        { tags: ["tag-1"], order: TicketOrder.DUE_SOONEST },
      ]) {
        const request = create(ListTicketsRequestSchema, { query, ...filter } as never);
        const order = orderColumns(request.order);
        const ids: string[] = [];
        const total = await database.slowly(async (read) => {
          const found = await search(database, { request, now }, read, limits);
          let after: readonly KeyValue[] | undefined;
          do {
            const page = await found.page({ order, limit: 20, after });
            ids.push(...page.rows.map((row) => toTicket(row).id));
            after = page.next;
          } while (after);
          return found.count();
        });
        const words = query.split(" ");
        const last = words.at(-1) ?? "";
        const hasWords = (text: string) => {
          const all: readonly string[] = text.match(/\w+/g) ?? [];
          return words.slice(0, -1).every((each) => all.includes(each)) && all.some((each) => each.startsWith(last));
        };
        const has = ({ id, subject, description }: Ticket) =>
          hasWords(`${subject} ${description}`) || hasWords(SAID.get(id) ?? "");
        const expected = tickets.filter((ticket) => wanted(ticket, request, now) && has(ticket));
        expect({ query, ids }).toEqual({ query, ids: inOrder(expected, request.order) });
        expect(total).toBe(expected.length);
      }
    }
  });
});
