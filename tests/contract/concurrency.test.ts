// Writes that meet each other.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TicketStatus } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { DIALECTS } from "../support/databases.ts";
import { openTestDesk, type TestDesk } from "../support/desk.ts";
import { type Clients, clientsOf, eventually, newCustomer, newTicket, stateOf, unique } from "./case.ts";
import { importRows } from "./cases/import.ts";

describe.each(DIALECTS)("%s", (dialect) => {
  let desk: TestDesk;
  let clients: Clients;
  beforeAll(async () => {
    desk = await openTestDesk({ dialect });
    clients = clientsOf(desk.transport);
  });
  afterAll(() => desk[Symbol.asyncDispose]());

  test("20 answers to one ticket at once are all stored, each with its event and its note", async () => {
    const { id: ticketId, customerId } = await newTicket(clients);
    const responses = Array.from({ length: 20 }, (_, index) => `answer ${index}`);
    await Promise.all(
      responses.map((response) => clients.tickets.respondToTicket({ ticketId, response, addCustomerNote: true })),
    );
    const { ticket, messages, events } = await stateOf(clients, ticketId);
    expect(ticket).toMatchObject({ messageCount: 20, etag: "v21" });
    expect(new Set(messages.map(({ body }) => body))).toEqual(new Set(responses));
    expect(events).toHaveLength(41);
    const positions = events.map(({ position }) => Number(position));
    expect(positions).toEqual(positions.map((_, index) => (positions[0] as number) + index));
    const notes = await eventually(async () => {
      const found = await clients.crm.listNotes({ customerId, pageSize: 100 });
      return found.notes.length >= 20 && found.notes;
    });
    expect(new Set(notes.map(({ body }) => body)).size).toBe(20);
    expect(notes).toHaveLength(20);
  });

  test("of two writes for the same state of a ticket one is refused", async () => {
    const { id: ticketId, etag } = await newTicket(clients);
    const answers = await Promise.allSettled(
      ["a", "b", "c"].map((response) => clients.tickets.respondToTicket({ ticketId, response, etag })),
    );
    expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect((await stateOf(clients, ticketId)).messages).toHaveLength(1);
  });

  test("of two merges in opposite directions one is done and one is refused", async () => {
    for (let round = 0; round < 5; round++) {
      const a = await newTicket(clients);
      const b = await newTicket(clients, { customerId: a.customerId });
      const merges = await Promise.allSettled([
        clients.tickets.mergeTickets({ ticketId: a.id, intoTicketId: b.id }),
        clients.tickets.mergeTickets({ ticketId: b.id, intoTicketId: a.id }),
      ]);
      expect(merges.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
      const after = [await stateOf(clients, a.id), await stateOf(clients, b.id)];
      const closed = after.filter(({ ticket }) => ticket?.status === TicketStatus.CLOSED);
      expect(closed).toHaveLength(1);
      expect(after.flatMap(({ messages }) => messages)).toHaveLength(1);
    }
  });

  test("the same rows imported four times at once are there once", async () => {
    const run = unique();
    const rows = Array.from({ length: 60 }, (_, index) => ({
      ...{ description: `${run} ${index % 50}`, customerEmail: index % 3 ? `${run}-${index % 7}@example.com` : "" },
      ...(index % 5 === 0 && { externalId: `${run}-${index}` }),
    }));
    const reports = await Promise.all([1, 2, 3, 4].map(() => importRows(clients, rows)));
    const ids = reports.map(({ imported }) => imported.map(({ ticketId }) => ticketId));
    for (const report of ids) expect(report).toEqual(ids[0]);
    expect(new Set(ids[0]).size).toBe(60);
    const added = reports.flatMap(({ imported }) => imported.filter(({ alreadyPresent }) => !alreadyPresent));
    expect(added).toHaveLength(60);
    expect((await clients.tickets.listTickets({ query: run, pageSize: 1 })).totalSize).toBe(60);
  });

  test("an import goes on when another writer takes one of its keys", async () => {
    const run = unique();
    const rows = Array.from({ length: 120 }, (_, index) => ({ description: "x", externalId: `${run}-${index}` }));
    const taken = await Promise.all(Array.from({ length: 8 }, () => newTicket(clients)));
    const takeKeys = taken.map(({ id }, index) =>
      clients.tickets
        .updateTicket({ ticket: { id, externalId: `${run}-${index * 10}` }, updateMask: { paths: ["external_id"] } })
        .then(
          () => 1,
          () => 0,
        ),
    );
    const [report, ...keys] = await Promise.all([importRows(clients, rows), ...takeKeys]);
    const added = report.imported.filter(({ alreadyPresent }) => !alreadyPresent).length;
    expect(report.imported).toHaveLength(120);
    expect(added + keys.reduce((sum, took) => sum + took, 0)).toBe(120);
  });

  test("times in a conversation never run backwards", async () => {
    const { id: ticketId } = await newTicket(clients);
    const bodies = Array.from({ length: 30 }, (_, index) => `note ${index}`);
    await Promise.all(bodies.map((body) => clients.tickets.addInternalNote({ ticketId, body })));
    const { events, messages } = await stateOf(clients, ticketId);
    const times = events.map(({ createTime }) => (createTime ? timestampMs(createTime) : 0));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const inLog = events.flatMap(({ message }) => message?.id ?? []);
    expect(messages.map(({ id }) => id)).toEqual(inLog);
  });

  test("of several customers with the same address at once one is added", async () => {
    const emails = [`${unique()}@example.com`];
    const added = await Promise.allSettled(
      ["a", "b", "c", "d"].map((name) => clients.crm.createCustomer({ customer: { name, emails } })),
    );
    expect(added.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const customerEmail = `${unique()}@example.com`;
    const opened = await Promise.all(
      ["a", "b", "c"].map((subject) => clients.support.openTicket({ subject, description: "x", customerEmail })),
    );
    expect(new Set(opened.map(({ ticket }) => ticket?.customerId)).size).toBe(1);
    expect(opened.filter(({ customerAdded }) => customerAdded)).toHaveLength(1);
  });

  test("a reader of the log that keeps up misses nothing while many write", async () => {
    const customerId = await newCustomer(clients);
    const first = await newTicket(clients, { customerId });
    const { events } = await stateOf(clients, first.id);
    const start = events.at(-1)?.position ?? 0n;
    const caller = new AbortController();
    const seen: bigint[] = [];
    const reading = (async () => {
      for await (const { event } of clients.tickets.watchEvents({ afterPosition: start }, { signal: caller.signal })) {
        seen.push(event?.position ?? 0n);
        if (seen.length === 50) caller.abort();
      }
    })().catch(() => {});
    const ticket = { subject: "x", customerId };
    await Promise.all(Array.from({ length: 50 }, () => clients.tickets.createTicket({ ticket })));
    await reading;
    expect(seen).toEqual(seen.map((_, index) => start + BigInt(index + 1)));
    expect(seen).toHaveLength(50);
  });
});
