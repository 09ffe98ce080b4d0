// An export has all that the desk holds about a customer, and nothing of anybody else.
import { toJson } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ExportCustomerResponse, ExportCustomerResponseSchema } from "#gen/deskwire/support/v1/privacy_pb.js";
import { CONFINEMENT_HEADER } from "../../runtime/calls/call.ts";
import { type Clients, clientsOf, eventually, newCustomer, newTicket, refusalOf } from "../contract/case.ts";
import { DIALECTS } from "../support/databases.ts";
import { openTestDesk, type TestDesk } from "../support/desk.ts";
import { type Planted, plant } from "./plants.ts";

const kinds = (parts: readonly ExportCustomerResponse[]) => parts.map(({ part }) => part.case);
const text = (parts: readonly ExportCustomerResponse[]) =>
  parts.map((part) => JSON.stringify(toJson(ExportCustomerResponseSchema, part))).join("\n");

describe.each(DIALECTS)("on %s", (dialect) => {
  let desk: TestDesk;
  let clients: Clients;
  let one: Planted;
  let other: Planted;
  const exported = (customerId: string) => Array.fromAsync(clients.support.exportCustomer({ customerId }));

  beforeAll(async () => {
    desk = await openTestDesk({ dialect, environment: { WEBHOOK_ALLOW_PRIVATE: "127.0.0.0/8" } });
    clients = clientsOf(desk.transport);
    await clients.webhooks.createWebhook({ webhook: { url: "http://127.0.0.1:9/" } });
    one = await plant(clients, "qzxv");
    other = await plant(clients, "jkwp");
  });
  afterAll(() => desk[Symbol.asyncDispose]());

  test("it has every word that was planted, and none of another customer's", async () => {
    // The webhook's deliveries are made after the writes.
    const parts = await eventually(async () => {
      const found = await exported(one.customerId);
      return kinds(found).includes("delivery") && found;
    });
    const all = text(parts);
    // A name that is no more: only the answer to its request has it still, for a day.
    expect(one.words.filter((word) => !all.includes(word))).toEqual(["oldnameqzxv"]);
    expect(all).not.toContain(other.mark);
    expect(all).not.toContain(other.customerId);
    const every = [
      "approval",
      "correction",
      "customer",
      "delivery",
      "end",
      "event",
      "message",
      "metrics",
      "note",
      "ticket",
    ];
    expect([...new Set(kinds(parts))].sort()).toEqual(every);
    expect(all).toContain("MESSAGE_VISIBILITY_INTERNAL");
    expect(parts.at(-1)?.part).toMatchObject({ case: "end", value: { partCount: parts.length - 1 } });
  });

  test("it goes over all pages", async () => {
    const customerEmail = "many@example.com";
    const customerId = await newCustomer(clients, { emails: [customerEmail] });
    const { id: ticketId } = await newTicket(clients, { customerId });
    await clients.tickets.importTickets(
      (async function* () {
        for (let count = 0; count < 101; count++) yield { row: { customerEmail, description: `x ${count}` } };
      })(),
    );
    const notes = Array.from({ length: 101 }, () => clients.tickets.addInternalNote({ ticketId, body: "x" }));
    await Promise.all(notes);
    const found = kinds(await exported(customerId));
    const count = (kind: string) => found.filter((one) => one === kind).length;
    expect([count("ticket"), count("message")]).toEqual([102, 101]);
    // With what analytics found meanwhile there may be more.
    expect(count("event")).toBeGreaterThanOrEqual(203);
  });

  test("of an erased customer there are no words left, and who was never there is not found", async () => {
    await clients.support.eraseCustomer({ customerId: one.customerId });
    const parts = await exported(one.customerId);
    expect(text(parts)).not.toContain(one.mark);
    expect(parts[0]?.part).toMatchObject({ case: "customer", value: { name: "erased" } });
    expect(text(await exported(other.customerId))).toContain(other.words[0]);
    expect((await clients.support.listErasedCustomers({})).customers.map(({ id }) => id)).toEqual([one.customerId]);
    expect(await refusalOf(exported("CUS-999999999999999"))).toMatchObject({ reason: "CUSTOMER_NOT_FOUND" });
  });

  test("a run that is confined to a ticket gets no export, and erases nobody", async () => {
    const { customerId, ticketIds } = other;
    const options = { headers: { [CONFINEMENT_HEADER]: ticketIds[0] ?? "" } };
    for (const call of [
      Array.fromAsync(clients.support.exportCustomer({ customerId }, options)),
      clients.support.eraseCustomer({ customerId }, options),
    ]) {
      expect(await refusalOf(call)).toMatchObject({ reason: "OUTSIDE_TICKET" });
    }
  });
});
