// What a plain HTTP client with JSON meets, down to fields and names that the proto does not have.
import { fromBinary } from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BadRequestSchema, ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.js";
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
  readonly code: string;
  readonly message: string;
  readonly details: { readonly type: string; readonly value: string; readonly debug: unknown }[];
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

/** The reason of an error, and the fields it names, as its details carry them in bytes and in words alike. */
function reasonAndFields({ details }: ErrorBody) {
  const [info, request] = details;
  expect(details.map(({ type }) => type)).toEqual(
    ["google.rpc.ErrorInfo", "google.rpc.BadRequest"].slice(0, details.length),
  );
  const { reason, domain } = fromBinary(ErrorInfoSchema, base64Decode(info?.value ?? ""));
  expect(info?.debug).toEqual({ reason, domain });
  const { fieldViolations } = fromBinary(BadRequestSchema, base64Decode(request?.value ?? ""));
  return {
    reason,
    fields: Object.fromEntries(fieldViolations.map((violation) => [violation.field, violation.reason])),
  };
}

test("JSON that cannot be decoded is answered with each wrong field, its rule and what is right", async () => {
  const respond = await post("support.v1.SupportService/RespondToTicket", {
    ticketId: 1001,
    respons: "x",
    updateStatus: "doing",
  });
  expect(respond).toMatchObject({ status: 400, body: { code: "invalid_argument" } });
  expect(respond.body.message).toContain("ticketId: must be a string, not 1001; ");
  expect(respond.body.message).toContain("respons: is no field of RespondToTicketRequest; did you mean response?; ");
  expect(respond.body.message).toContain("updateStatus: must be one of TICKET_STATUS_OPEN, ");
  expect(respond.body.message).toContain("Correct it and call again.");
  expect(reasonAndFields(respond.body)).toEqual({
    reason: "REQUEST_MALFORMED",
    fields: { ticketId: "INVALID_VALUE", respons: "UNKNOWN_FIELD", updateStatus: "UNKNOWN_ENUM_NAME" },
  });
  const ticket = { customerId: "CUS-1001", tags: ["a", "b", 3], customFields: { tier: 1 }, createTime: "yesterday" };
  const create = await post("ticket.v1.TicketService/CreateTicket", { ticket });
  expect(reasonAndFields(create.body).fields).toEqual({
    "ticket.tags[2]": "INVALID_VALUE",
    "ticket.customFields.tier": "INVALID_VALUE",
    "ticket.createTime": "INVALID_VALUE",
  });
});

test("what is no JSON is answered with the place, and a name that stands twice with the name", async () => {
  const unread: [text: string, reason: string, words: string][] = [
    ['{"pageSize": 1 "team": "x"}', "JSON_MALFORMED", "at position 15 (line 1 column 16)"],
    ["yesterday", "JSON_MALFORMED", "Unexpected token 'y', \"yesterday\""],
    ['{"pageSize": ', "JSON_MALFORMED", "Unexpected end of JSON input"],
    ["", "JSON_MALFORMED", "The request is empty."],
    ['{"pageSize": 1, "pageSize": 2}', "REQUEST_MALFORMED", '"pageSize"'],
    ["null", "REQUEST_MALFORMED", "ListTicketsRequest: must be an object, not null"],
  ];
  for (const [text, reason, words] of unread) {
    const { status, body } = await post("ticket.v1.TicketService/ListTickets", text);
    expect(status, text).toBe(400);
    expect(body.message).toContain(words);
    expect(reasonAndFields(body).reason, text).toBe(reason);
  }
});

test("a wrong request by GET is explained as well, and so is one in pieces", async () => {
  const message = encodeURIComponent(JSON.stringify({ ticketId: 1001 }));
  const base64 = Buffer.from(JSON.stringify({ ticketId: 1001 })).toString("base64url");
  const path = `${url}/deskwire.support.v1.SupportService/HandleTicket`;
  const body = new ReadableStream({
    async start(controller) {
      for (const piece of ['{"ticketId"', ": 10", "01}"]) {
        controller.enqueue(Buffer.from(piece));
        await new Promise(setImmediate);
      }
      controller.close();
    },
  });
  for (const answer of [
    await fetch(`${path}?encoding=json&connect=v1&message=${message}`),
    await fetch(`${path}?encoding=json&connect=v1&base64=1&message=${base64}`),
    await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body, duplex: "half" }),
  ]) {
    expect(answer.status).toBe(400);
    const { reason, fields } = reasonAndFields((await answer.json()) as ErrorBody);
    expect({ reason, fields }).toEqual({ reason: "REQUEST_MALFORMED", fields: { ticketId: "INVALID_VALUE" } });
  }
});

test("a refusal before any call carries its reason", async () => {
  const form = { method: "POST", body: new URLSearchParams({ ticketId: "TKT-1001" }) };
  const method = "deskwire.ticket.v1.TicketService/GetTicket";
  for (const [path, init, status, reason] of [
    ["deskwire.ticket.v1.TicketService/GetTickets", { method: "POST" }, 404, "NOT_SERVED"],
    [method, form, 415, "CONTENT_TYPE_MISSING"],
    [method, { headers: { origin: "https://evil.example" } }, 403, "ORIGIN_NOT_ALLOWED"],
  ] as const) {
    const answer = await fetch(`${url}/${path}`, init);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({
      details: [{ type: "google.rpc.ErrorInfo", value: expect.any(String), debug: { reason, domain: "deskwire" } }],
    });
  }
});

test.each([
  ["deskwire.ticket.v1.TicketService/GetTickets", "/deskwire.ticket.v1.TicketService/GetTicket"],
  ["SupportService/HandleTicket", "/deskwire.support.v1.SupportService/HandleTicket"],
  ["TicketService/RespondToTicket", "/deskwire.ticket.v1.TicketService/RespondToTicket"],
  ["metric", "/metrics"],
])("whoever calls %s is asked whether %s was meant", async (path, meant) => {
  const answer = await fetch(`${url}/${path}`, { method: "POST" });
  const { message } = (await answer.json()) as ErrorBody;
  expect(message).toContain(`Did you mean ${meant}?`);
});

test("what is meant by no path is told which services there are, however long it is", async () => {
  const answer = await fetch(`${url}/${"x".repeat(2_000)}`, { method: "POST" });
  const { message } = (await answer.json()) as ErrorBody;
  expect(message).not.toContain("Did you mean");
  expect(message).toMatch(/call them as \/<service>\/<method>\.$/);
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
