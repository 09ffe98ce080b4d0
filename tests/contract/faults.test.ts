// What the desk does when services cannot reach each other, and when the caller has had enough.
import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { TicketStatus } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { openLinkedDesk } from "../support/desk.ts";
import { clientsOf, eventually, expectRefused, newTicket, refusalOf, stateOf } from "./case.ts";

const ALL_PARTS = ["analysis", "customer", "customer_notes", "other_open_tickets"];

test("HandleTicket asks for what it needs at once, and passes the trace on", async () => {
  await using desk = await openLinkedDesk();
  const clients = clientsOf(desk.transport);
  const { id: ticketId } = await newTicket(clients);
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  await clients.support.handleTicket({ ticketId }, { headers: { traceparent, authorization: "secret" } });
  const { supportToCrm, supportToTickets, supportToAnalytics } = desk.links;
  const methods = [supportToTickets, supportToCrm, supportToAnalytics].map(({ calls }) =>
    calls.map((call) => call.method),
  );
  expect(methods).toEqual([["GetTicket"], ["GetCustomer"], ["BatchAnalyze"]]);
  for (const { calls } of [supportToTickets, supportToCrm, supportToAnalytics]) {
    for (const { headers } of calls)
      expect([headers.get("traceparent"), headers.get("authorization")]).toEqual([traceparent, null]);
  }
});

test("HandleTicket answers without the parts that are down, and names them", async () => {
  await using desk = await openLinkedDesk();
  const clients = clientsOf(desk.transport);
  const { id: ticketId, customerId } = await newTicket(clients);
  const other = await newTicket(clients, { customerId });
  await clients.tickets.respondToTicket({ ticketId, response: "x" });

  desk.links.supportToAnalytics.state = "down";
  const withoutAnalysis = await clients.support.handleTicket({ ticketId });
  expect(withoutAnalysis.missing.map(({ part }) => part)).toEqual(["analysis"]);
  expect(withoutAnalysis.analysis).toBeUndefined();
  const rest = { ticket: { id: ticketId }, conversation: [{ body: "x" }] };
  expect(withoutAnalysis).toMatchObject({
    ...{ ...rest, customer: { id: customerId } },
    otherOpenTickets: [{ id: other.id }],
  });

  desk.links.supportToCrm.state = "down";
  const withoutBoth = await clients.support.handleTicket({ ticketId });
  expect(withoutBoth.missing.map(({ part }) => part).sort()).toEqual(ALL_PARTS);
  // Many people may stand behind a customer whom the CRM does not show: their tickets are none of each other's business.
  expect(withoutBoth).toMatchObject({ ...rest, customerNotes: [], otherOpenTickets: [] });
  expect(withoutBoth.customer).toBeUndefined();
  expect(desk.logged).toContain("a part of an answer is missing");
});

test("HandleTicket asks silent parts side by side, and answers without them", async () => {
  await using desk = await openLinkedDesk();
  const clients = clientsOf(desk.transport);
  const { id: ticketId } = await newTicket(clients);
  desk.links.supportToAnalytics.state = "silent";
  desk.links.supportToCrm.state = "silent";
  const answer = clients.support.handleTicket({ ticketId });
  const { supportToAnalytics, supportToCrm } = desk.links;
  await eventually(async () => supportToAnalytics.calls.length + supportToCrm.calls.length === 2);
  const givenUp = () => desk.logged.filter((line) => line === "a part of an answer is missing");
  // None had to be given up before the next was asked.
  expect(givenUp()).toEqual([]);
  const { ticket, missing } = await answer;
  expect(ticket?.id).toBe(ticketId);
  expect(missing.map(({ part }) => part).sort()).toEqual(ALL_PARTS);
  expect(givenUp()).toHaveLength(2);
});

test("without the ticket service every method about tickets is unavailable, and says that it is the ticket service", async () => {
  await using desk = await openLinkedDesk();
  const { support, ...others } = clientsOf(desk.transport);
  const { id: ticketId, customerId } = await newTicket({ support, ...others });
  const before = await stateOf({ support, ...others }, ticketId);
  desk.links.supportToTickets.state = "down";
  const calls = [
    support.handleTicket({ ticketId }),
    support.searchTickets({}),
    support.listConversation({ ticketId }),
    support.respondToTicket({ ticketId, response: "x", updateStatus: TicketStatus.RESOLVED, addCustomerNote: true }),
    support.recordCustomerReply({ ticketId, body: "x" }),
    support.updateTicket({ ticketId, team: "x" }),
    support.addInternalNote({ ticketId, body: "x" }),
    support.mergeTickets({ ticketId, intoTicketId: "TKT-9999" }),
    support.openTicket({ customerId, subject: "x", description: "y" }),
    support.openTicket({ followUpOf: ticketId, description: "y" }),
  ];
  const unavailable = { code: "Unavailable", reason: "SERVICE_UNAVAILABLE" };
  await expectRefused(calls, { ...unavailable, metadata: { service: "tickets" } });
  expect(await stateOf({ support, ...others }, ticketId)).toEqual(before);

  const looked = await support.lookUpCustomer({ customerId });
  expect(looked).toMatchObject({ customer: { id: customerId }, missing: [{ part: "tickets" }], tickets: [] });
  desk.links.supportToCrm.state = "down";
  const customers = [
    support.lookUpCustomer({ customerId }),
    support.searchCustomers({}),
    support.addCustomerNote({ customerId, note: "x" }),
    support.openTicket({ customerEmail: "a@example.com", subject: "x", description: "y" }),
  ];
  await expectRefused(customers, { ...unavailable, metadata: { service: "crm" } });
});

test("a ticket is not opened while the CRM cannot be asked who its customer is", async () => {
  await using desk = await openLinkedDesk();
  const clients = clientsOf(desk.transport);
  const { customerId } = await newTicket(clients);
  desk.links.ticketsToCrm.state = "down";
  const rows = async function* () {
    yield { row: { description: "x", customerEmail: "a@example.com" } };
  };
  const calls = [
    clients.tickets.createTicket({ ticket: { subject: "x", customerId } }),
    clients.tickets.importTickets(rows()),
    clients.support.openTicket({ subject: "x", description: "y", customerId }),
  ];
  const refusals = await Promise.all(calls.map(refusalOf));
  expect(refusals.map(({ code }) => code)).toEqual(["Unavailable", "Unavailable", "Unavailable"]);
  expect(refusals[0]?.reason).toBe("CRM_UNAVAILABLE");
  expect((await clients.tickets.listTickets({})).totalSize).toBe(1);
});

test("a note waits until the CRM reaches the ticket service, and arrives once", async () => {
  await using desk = await openLinkedDesk("down");
  const clients = clientsOf(desk.transport);
  const { id: ticketId, customerId } = await newTicket(clients);
  for (const response of ["one", "two"]) {
    await clients.tickets.respondToTicket({ ticketId, response, addCustomerNote: true });
  }
  await eventually(async () => desk.links.crmToTickets.calls.length > 0);
  expect((await clients.crm.listNotes({ customerId })).totalSize).toBe(0);
  desk.links.crmToTickets.state = "up";
  const notes = await eventually(async () => {
    const found = await clients.crm.listNotes({ customerId });
    return found.notes.length >= 2 && found.notes;
  });
  expect(notes.map(({ body }) => body)).toEqual(
    ["two", "one"].map((text) => `Ticket ${ticketId} - Response: ${text}...`),
  );
});

test("a deadline goes on to the services behind, and so does the end of the call", async () => {
  await using desk = await openLinkedDesk();
  const clients = clientsOf(desk.transport);
  const { id: ticketId } = await newTicket(clients);
  desk.links.supportToTickets.state = "silent";
  const late = await refusalOf(clients.support.handleTicket({ ticketId }, { timeoutMs: 100 }));
  expect(late).toMatchObject({ code: "DeadlineExceeded", reason: "DEADLINE_EXCEEDED" });
  const { calls } = desk.links.supportToTickets;
  await eventually(async () => calls.at(-1)?.signal?.aborted);

  const caller = new AbortController();
  const call = refusalOf(clients.support.handleTicket({ ticketId }, { signal: caller.signal }));
  await eventually(async () => calls.length === 2);
  caller.abort();
  expect(await call).toMatchObject({ code: "Canceled" });
  expect(calls.at(-1)?.signal?.aborted).toBe(true);
});

test("a method of a service that is not in this process says so", async () => {
  await using desk = await openLinkedDesk();
  const { Health } = await import("#gen/health/v1/health_pb.js");
  const { createClient } = await import("@connectrpc/connect");
  const error = await createClient(Health, desk.transport)
    .check({})
    .catch((thrown: unknown) => ConnectError.from(thrown));
  expect(error).toMatchObject({ code: Code.Unimplemented });
  expect(await refusalOf(Promise.reject(error))).toMatchObject({ reason: "METHOD_NOT_HERE" });
});
