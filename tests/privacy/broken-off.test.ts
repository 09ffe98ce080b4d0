// An erasure that breaks off half-way is finished by asking again.
import { describe, expect, test } from "vitest";
import { type Clients, clientsOf, refusalOf, unique } from "../contract/case.ts";
import { type LinkedDesk, openLinkedDesk } from "../support/desk.ts";
import { everythingAbout, plant } from "./plants.ts";

type Broken = "supportToAnalytics" | "supportToTickets" | "ticketsToAnalytics";

/** What the desk still says about a customer, as text. */
const told = async (clients: Clients, planted: Parameters<typeof everythingAbout>[1]) =>
  JSON.stringify(await everythingAbout(clients, planted), (_, value) =>
    typeof value === "bigint" ? `${value}` : value,
  );

describe.each(["supportToAnalytics", "supportToTickets", "ticketsToAnalytics"] satisfies Broken[])("%s", (broken) => {
  test.each([
    ["with the same request_id", true],
    ["as a new request", false],
  ])("cut, then asked again %s", async (_, same) => {
    await using desk: LinkedDesk = await openLinkedDesk();
    const clients = clientsOf(desk.transport);
    const planted = await plant(clients, "qzxv");
    const { customerId } = planted;
    const requestId = unique();
    desk.links[broken].state = "down";
    expect(await refusalOf(clients.support.eraseCustomer({ customerId, requestId }))).toMatchObject({
      code: "Unavailable",
    });
    expect(await told(clients, planted)).toContain("subjectqzxv");
    desk.links[broken].state = "up";
    await clients.support.eraseCustomer({ customerId, ...(same && { requestId }) });
    expect(await told(clients, planted)).not.toContain("qzxv");
  });
});

test("a customer with more tickets than one step takes is erased whole", async () => {
  await using desk: LinkedDesk = await openLinkedDesk();
  const clients = clientsOf(desk.transport);
  const { customer } = await clients.crm.createCustomer({ customer: { name: "Ada" } });
  const customerId = customer?.id ?? "";
  for (let count = 0; count < 120; count++) {
    await clients.tickets.createTicket({ ticket: { customerId, subject: `qzxv ${count}` } });
  }
  expect(await clients.support.eraseCustomer({ customerId })).toMatchObject({ ticketCount: 120, eventCount: 120 });
  expect((await clients.tickets.listTickets({ query: "qzxv" })).totalSize).toBe(0);
  expect((await clients.tickets.listTickets({ customerId })).totalSize).toBe(120);
});
