// What a plain HTTP client with JSON meets, down to fields and names that the proto does not have.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestDesk, type TestDesk } from "../support/desk.ts";
import { type Clients, clientsOf, newTicket, refusalOf, stateOf } from "./case.ts";

let desk: TestDesk;
let url: string;
let clients: Clients;
beforeAll(async () => {
  desk = await openTestDesk();
  url = (await desk.listen()).url;
  clients = clientsOf(desk.transport);
});
afterAll(() => desk[Symbol.asyncDispose]());

interface ErrorBody {
  readonly message: string;
  readonly details: { readonly type: string }[];
}

async function post(method: string, body: unknown) {
  const response = await fetch(`${url}/deskwire.${method}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as ErrorBody };
}

describe("refused, never dropped:", () => {
  const refused: [name: string, method: string, body: unknown][] = [
    ["an unknown field", "crm.v1.CrmService/CreateCustomer", { customer: { name: "Eve" }, colour: "red" }],
    ["an unknown field inside", "crm.v1.CrmService/CreateCustomer", { customer: { name: "Eve", colour: "red" } }],
    ["an unknown enum name", "ticket.v1.TicketService/ListTickets", { statuses: ["TICKET_STATUS_SOLVED"] }],
    ["the short name of a status", "ticket.v1.TicketService/ListTickets", { statuses: ["open"] }],
    ["an unknown enum number", "ticket.v1.TicketService/ListTickets", { statuses: [77] }],
    ["text for a number", "ticket.v1.TicketService/ListTickets", { pageSize: "many" }],
    ["a number for text", "ticket.v1.TicketService/GetTicket", { ticketId: 1001 }],
    ["an array for an object", "ticket.v1.TicketService/CreateTicket", { ticket: [] }],
    ["a day that does not exist", "ticket.v1.TicketService/ListTickets", { createdFrom: "yesterday" }],
    ["half a document", "ticket.v1.TicketService/ListTickets", '{"pageSize": '],
    ["no document", "support.v1.SupportService/HandleTicket", ""],
    ["half a surrogate pair", "analytics.v1.AnalyticsService/Analyze", '{"text":"\\ud83d"}'],
    ["the character U+0000", "analytics.v1.AnalyticsService/Analyze", '{"text":"a\\u0000b"}'],
  ];
  test.each(refused)("%s", async (_, method, body) => {
    expect(await post(method, body)).toMatchObject({ status: 400, body: { code: "invalid_argument" } });
  });
});

test("an update with an unknown field or name writes nothing", async () => {
  const { id } = await newTicket(clients);
  const before = await stateOf(clients, id);
  for (const ticket of [
    { id, team: "x", colour: "red" },
    { id, team: "x", priority: "TICKET_PRIORITY_HUGE" },
  ]) {
    expect(await post("ticket.v1.TicketService/UpdateTicket", { ticket })).toMatchObject({ status: 400 });
  }
  const update = { ticket: { id, team: "x" }, updateMask: "team,colour" };
  expect(await post("ticket.v1.TicketService/UpdateTicket", update)).toMatchObject({ status: 400 });
  expect(await stateOf(clients, id)).toEqual(before);
});

test("both spellings of a field's name are understood, and numbers and names of enums", async () => {
  const { id, customerId } = await newTicket(clients);
  for (const body of [
    { ticket_id: id, response: "x", update_status: "TICKET_STATUS_IN_PROGRESS", add_customer_note: false },
    { ticketId: id, response: "x", updateStatus: 2, addCustomerNote: false },
  ]) {
    const answer = await post("support.v1.SupportService/RespondToTicket", body);
    expect(answer).toMatchObject({
      status: 200,
      body: { success: true, ticket: { id, customerId, status: "TICKET_STATUS_IN_PROGRESS" } },
    });
  }
});

test("an error carries code, reason and violations as JSON", async () => {
  const missing = await post("ticket.v1.TicketService/GetTicket", { ticketId: "TKT-9999" });
  const details = [{ type: "google.rpc.ErrorInfo", debug: { reason: "TICKET_NOT_FOUND", domain: "deskwire" } }];
  expect(missing).toMatchObject({ status: 404, body: { code: "not_found", details } });
  const invalid = await post("ticket.v1.TicketService/GetTicket", { ticketId: "9999" });
  expect(invalid.status).toBe(400);
  expect(invalid.body.message).toContain("ticket_id");
  expect(invalid.body.details.map(({ type }) => type)).toEqual(["google.rpc.ErrorInfo", "buf.validate.Violations"]);
});

test("reads answer to GET, writes do not", async () => {
  const { id } = await newTicket(clients);
  const get = (method: string, message: unknown) =>
    fetch(`${url}/deskwire.${method}?encoding=json&connect=v1&message=${encodeURIComponent(JSON.stringify(message))}`);
  const read = await get("support.v1.SupportService/HandleTicket", { ticketId: id });
  expect(read.status).toBe(200);
  expect(await read.json()).toMatchObject({ ticket: { id } });
  const write = await get("support.v1.SupportService/RespondToTicket", { ticketId: id, response: "x" });
  expect(write.status).toBe(405);
  expect((await stateOf(clients, id)).messages).toEqual([]);
});

test("a message larger than the port takes is refused", async () => {
  const texts = Array.from({ length: 50 }, () => "x".repeat(99_999));
  const answer = await post("analytics.v1.AnalyticsService/BatchAnalyze", { texts });
  expect(answer).toMatchObject({ status: 429, body: { code: "resource_exhausted" } });
});

test("a time that no calendar has, which JSON cannot say, is refused with its field", async () => {
  for (const createdFrom of [
    { seconds: 2n ** 62n, nanos: 0 },
    { seconds: -(2n ** 62n), nanos: 0 },
    { seconds: 0n, nanos: -1 },
    { seconds: 0n, nanos: 1_000_000_000 },
  ]) {
    const refusal = await refusalOf(clients.tickets.listTickets({ createdFrom }));
    expect(refusal).toMatchObject({ code: "InvalidArgument", fields: ["created_from"] });
  }
});

test("a path that JSON cannot say is refused with its field", async () => {
  const { id } = await newTicket(clients, { customFields: { Tier_1: "x" } });
  for (const path of ["custom_fields.Tier", "custom_fields.a__b", "custom_fields.a_1_b"]) {
    const update = { ticket: { id }, updateMask: { paths: ["team", path] }, requestId: path };
    const refusal = await refusalOf(clients.tickets.updateTicket(update));
    expect(refusal).toMatchObject({ code: "InvalidArgument", fields: ["update_mask"] });
  }
});
