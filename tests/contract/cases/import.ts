// TicketService: ImportTickets.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { expect } from "vitest";
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import type { ImportRowSchema } from "#gen/deskwire/ticket/v1/import_pb.js";
import { TicketChannel, TicketPriority, TicketStatus, WaitingOn } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { type Case, type Clients, newCustomer, newTicket, stateOf, unique } from "../case.ts";

type Row = MessageInitShape<typeof ImportRowSchema>;

/** Imports rows, one message a row; undefined is a message without one. */
export function importRows({ tickets }: Clients, rows: readonly (Row | undefined)[]) {
  const messages = async function* () {
    for (const row of rows) yield row ? { row } : {};
  };
  return tickets.importTickets(messages());
}

const idsOf = ({ imported }: Awaited<ReturnType<typeof importRows>>) => imported.map(({ ticketId }) => ticketId);
const ticketOf = async (clients: Clients, ticketId = "") => (await stateOf(clients, ticketId)).ticket;

export const importCases: readonly Case[] = [
  {
    name: "a row becomes a ticket with everything it says",
    async run(clients) {
      const customerEmail = `${unique()}@example.com`;
      const row = {
        ...{
          externalId: unique("key"),
          subject: "Late",
          description: "Where is it?",
          label: "shipping",
          source: "web",
        },
        ...{ customerEmail, customerName: "Ada", priority: "high", status: "resolved" },
        createTime: "2024-02-29T23:30:00.5+01:00",
      };
      const report = await importRows(clients, [row]);
      expect(report).toMatchObject({ imported: [{ line: 1n, alreadyPresent: false }], refused: [] });
      const { ticket, events, messages } = await stateOf(clients, idsOf(report)[0] as string);
      expect(ticket).toMatchObject({
        ...{ subject: "Late", description: "Where is it?", tags: ["shipping"], externalId: row.externalId },
        ...{ priority: TicketPriority.HIGH, status: TicketStatus.RESOLVED, waitingOn: WaitingOn.NOBODY },
        ...{ channel: TicketChannel.IMPORT, customFields: { source: "web" } },
      });
      expect(ticket?.createTime && timestampDate(ticket.createTime).toISOString()).toBe("2024-02-29T22:30:00.500Z");
      expect(ticket?.resolveTime).toBeDefined();
      expect(messages).toEqual([]);
      expect(events).toMatchObject([{ actor: { kind: ActorKind.SYSTEM, id: "import" }, ticketId: ticket?.id }]);
      const { customer } = await clients.crm.findCustomer({ key: { case: "email", value: customerEmail } });
      expect(customer).toMatchObject({ id: ticket?.customerId, name: "Ada" });
      const { tickets } = await clients.tickets.listTickets({ tags: ["shipping"], customerId: customer?.id ?? "" });
      expect(tickets).toEqual([ticket]);
    },
  },
  {
    name: "a time is the same with a blank and in small letters (RFC 3339, section 5.6)",
    async run(clients) {
      const times = ["0099-01-01T10:00:00.5Z", "0099-01-01 10:00:00.5z", "0099-01-01t11:00:00.5+01:00"];
      const rows = times.map((createTime) => ({ externalId: unique(), description: "x", createTime }));
      for (const id of idsOf(await importRows(clients, rows))) {
        const { createTime } = (await ticketOf(clients, id)) ?? {};
        expect(createTime && timestampDate(createTime).toISOString()).toBe("0099-01-01T10:00:00.500Z");
      }
    },
  },
  {
    name: "many rows come in one message, and each is taken or refused by itself",
    async run({ tickets }) {
      const good = { description: "x", externalId: unique(), line: 7n };
      const rows = [good, { description: "nul \0" }, { description: "" }, { ...good, line: 0n }];
      const messages = async function* () {
        yield { rows };
        yield { row: { ...good, line: 0n } };
        yield { rows: [] };
      };
      const { imported, refused } = await tickets.importTickets(messages());
      expect(imported).toMatchObject([{ line: 7n, alreadyPresent: false }, { line: 4n }, { line: 5n }]);
      expect(imported.slice(1).every(({ alreadyPresent }) => alreadyPresent)).toBe(true);
      expect(refused).toMatchObject([
        { line: 2n, field: "description" },
        { line: 3n, field: "description" },
        { line: 6n, field: "row" },
      ]);
    },
  },
  {
    name: "what a row does not say gets its default",
    async run(clients) {
      const description = `${"é".repeat(50)}\n\t ${"👍".repeat(50)}`;
      const report = await importRows(clients, [{ description, externalId: unique() }]);
      expect(await ticketOf(clients, idsOf(report)[0])).toMatchObject({
        ...{ subject: `${"é".repeat(50)} ${"👍".repeat(29)}`, description, tags: [], customFields: {} },
        ...{ priority: TicketPriority.NORMAL, status: TicketStatus.OPEN, waitingOn: WaitingOn.DESK },
      });
    },
  },
  {
    name: "a row is taken that says something in its subject or in its description, however blank the rest is",
    async run(clients) {
      const [blank, email] = [" \u200b\n", `${unique()}@example.com`];
      const rows = [
        { subject: "Call me", externalId: unique() },
        { subject: "Call me", description: blank, externalId: unique(), customerName: blank, label: blank },
        {
          subject: blank,
          description: "Where is it?",
          externalId: unique(),
          customerName: blank,
          customerEmail: email,
        },
      ];
      const report = await importRows(clients, rows);
      expect(report.refused).toEqual([]);
      const found = await Promise.all(idsOf(report).map((id) => ticketOf(clients, id)));
      expect(found).toMatchObject([
        { subject: "Call me", description: "" },
        { subject: "Call me", description: blank, tags: [] },
        { subject: "Where is it?", description: "Where is it?" },
      ]);
      const nameOf = async (customerId = "") => (await clients.crm.getCustomer({ customerId })).customer?.name;
      expect(await nameOf(found[1]?.customerId)).toBe("Imported");
      expect(await nameOf(found[2]?.customerId)).toBe(email);
    },
  },
  {
    name: "customers are found by address, else by name, else there is one named Imported",
    async run(clients) {
      const [customerEmail, customerName] = [`${unique()}@example.com`, unique("Ada ")];
      const known = await newCustomer(clients, { emails: [customerEmail.toUpperCase()] });
      const row = (fields: Row): Row => ({ description: "x", externalId: unique(), ...fields });
      const rows = [{ customerEmail, customerName }, { customerName }, { customerName }, {}, {}].map(row);
      const ids = idsOf(await importRows(clients, rows));
      const customers = await Promise.all(ids.map(async (id) => (await ticketOf(clients, id))?.customerId ?? ""));
      const [byEmail, byName, sameName, nobody, nobodyToo] = customers;
      expect(byEmail).toBe(known);
      expect(sameName).toBe(byName);
      expect(nobodyToo).toBe(nobody);
      expect(new Set(customers).size).toBe(3);
      const names = await clients.crm.batchGetCustomers({ customerIds: [byName as string, nobody as string] });
      expect(names.customers.map(({ name }) => name)).toEqual([customerName, "Imported"]);
      const [again] = idsOf(await importRows(clients, [row({})]));
      expect((await ticketOf(clients, again))?.customerId).toBe(nobody);
    },
  },
  {
    name: "a name or an address as long as they may be makes a customer too",
    async run(clients) {
      const long = `${unique()}@${"a".repeat(60)}.${"b".repeat(60)}.${"c".repeat(60)}.${"d".repeat(20)}.example.com`;
      // As many characters, of which each is two in UTF-16.
      const name = `n${"🙂".repeat(199)}`;
      const rows = [
        { customerName: unique().padEnd(200, "n") },
        { customerEmail: long },
        { customerEmail: `${unique()}@example.com`, customerName: name },
      ];
      const report = await importRows(
        clients,
        rows.map((row) => ({ description: "x", externalId: unique(), ...row })),
      );
      expect(report.refused).toEqual([]);
      expect(report.imported).toHaveLength(3);
      const { customerId = "" } = (await ticketOf(clients, idsOf(report)[2])) ?? {};
      expect((await clients.crm.getCustomer({ customerId })).customer?.name).toBe(name);
      expect((await importRows(clients, [{ description: unique(), ...rows[0] }])).imported).toHaveLength(1);
    },
  },
  {
    name: "the same rows again add nothing, whether they have a key or not",
    async run(clients) {
      const description = unique("text ");
      const rows = [
        { description },
        { description },
        { description, externalId: unique() },
        { description, label: "x" },
      ];
      const first = await importRows(clients, rows);
      expect(new Set(idsOf(first)).size).toBe(4);
      expect(first.imported.every(({ alreadyPresent }) => !alreadyPresent)).toBe(true);
      const again = await importRows(clients, rows);
      expect(idsOf(again)).toEqual(idsOf(first));
      expect(again.imported.every(({ alreadyPresent }) => alreadyPresent)).toBe(true);
      // A third row of the same content is a third ticket; in a stream of its own it says that it is the third.
      const third = await importRows(clients, [{ description, occurrence: 3n, line: 9n }]);
      expect(third.imported).toMatchObject([{ alreadyPresent: false, line: 9n }]);
      expect(idsOf(first)).not.toContain(idsOf(third)[0]);
      const all = await importRows(clients, [{ description }, { description }, { description }]);
      expect(idsOf(all)).toEqual([...idsOf(first).slice(0, 2), ...idsOf(third)]);
    },
  },
  {
    name: "of rows with the same key in one stream the first is taken",
    async run(clients) {
      const externalId = unique();
      const report = await importRows(clients, [
        { description: "first", externalId },
        { description: "second", externalId },
      ]);
      expect(report.imported).toMatchObject([{ alreadyPresent: false }, { alreadyPresent: true }]);
      expect(new Set(idsOf(report)).size).toBe(1);
      expect((await ticketOf(clients, idsOf(report)[0]))?.description).toBe("first");
    },
  },
  {
    name: "a key that a ticket has which was opened by hand is there already",
    async run(clients) {
      const externalId = unique();
      const ticket = await newTicket(clients, { externalId });
      const report = await importRows(clients, [{ description: "x", externalId }]);
      expect(report.imported).toMatchObject([{ ticketId: ticket.id, alreadyPresent: true }]);
      expect(await ticketOf(clients, ticket.id)).toEqual(ticket);
    },
  },
  {
    name: "bad rows are reported line by line with their field, and the others are taken",
    async run(clients) {
      const good = (): Row => ({ description: unique() });
      const bad: [field: string, row: Row | undefined][] = [
        ["row", undefined],
        ["description", {}],
        ["description", { subject: " ", description: "\u200b\n" }],
        ["description", { description: "x".repeat(50_001) }],
        ["customer_email", { ...good(), customerEmail: "nobody" }],
        ["status", { ...good(), status: "OPEN" }],
        ["priority", { ...good(), priority: "asap" }],
        ["create_time", { ...good(), createTime: "yesterday" }],
        ["create_time", { ...good(), createTime: "2024-02-30T00:00:00Z" }],
        ["create_time", { ...good(), createTime: "2024-01-01T25:00:00Z" }],
        ["create_time", { ...good(), createTime: "0000-01-01T00:00:00Z" }],
        ["label", { ...good(), label: "x".repeat(65) }],
        ["description", { description: "a\0b" }],
        ["source", { ...good(), source: "\0" }],
      ];
      const rows = bad.flatMap(([, row]) => [row, good()]);
      const report = await importRows(clients, rows);
      expect(report.refused.map(({ line, field }) => [line, field])).toEqual(
        bad.map(([field], index) => [BigInt(2 * index + 1), field]),
      );
      for (const { message } of report.refused) expect(message).not.toBe("");
      expect(report.imported.map(({ line }) => line)).toEqual(bad.map((_, index) => BigInt(2 * index + 2)));
      const named = await importRows(clients, [{ line: 77n }]);
      expect(named.refused).toMatchObject([{ line: 77n, field: "description" }]);
    },
  },
  {
    name: "an empty stream is an empty report, and more rows than one batch are one report",
    async run(clients) {
      expect(await importRows(clients, [])).toMatchObject({ imported: [], refused: [] });
      const run = unique();
      const rows = Array.from({ length: 520 }, (_, index) => ({ description: `${run} ${index % 510}` }));
      const report = await importRows(clients, rows);
      expect(report.imported.map(({ line }) => line)).toEqual(rows.map((_, index) => BigInt(index + 1)));
      expect(new Set(idsOf(report)).size).toBe(520);
      expect(idsOf(await importRows(clients, rows))).toEqual(idsOf(report));
    },
  },
];
