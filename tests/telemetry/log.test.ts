// What a log line has, and what it can never have.
import type { DescService } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import { CrmService } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { PRINCIPAL_HEADER } from "../../runtime/calls/call.ts";
import { directTransport } from "../../runtime/calls/direct-transport.ts";
import { bindService } from "../../runtime/calls/service.ts";
import { fail } from "../../runtime/errors.ts";
import { listen } from "../../runtime/http/listener.ts";
import { LOG_LEVELS } from "../../runtime/log.ts";
import { crmModule } from "../../services/crm/index.ts";
import { temporaryDatabase } from "../support/databases.ts";
import { collectHere } from "./collected.ts";
import { readableLog } from "./log-lines.ts";

const WORDS = "My card 4111 was charged twice, says Zoë";

test("a line is JSON with time, level, service, message and fields", () => {
  const { log, lines } = readableLog();
  log("migrated", { database: "crm", migrations: ["0001-first", "0002-second"], took: 12.5 });
  expect(lines()).toEqual([
    {
      ...{ time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/), level: "info", service: "deskwire-test" },
      ...{ message: "migrated", database: "crm", migrations: ["0001-first", "0002-second"], took: 12.5 },
    },
  ]);
});

test("a level leaves out what is below it; an error is one unless it is said otherwise", () => {
  const written = LOG_LEVELS.map((level) => {
    const { log, lines } = readableLog(level);
    log("a", {}, "debug");
    log("b");
    log("c", { error: new Error(WORDS) }, "warn");
    log("d", { error: new Error(WORDS) });
    return lines().map((line) => `${line.message}:${line.level}`);
  });
  expect(written).toEqual([
    ["a:debug", "b:info", "c:warn", "d:error"],
    ["b:info", "c:warn", "d:error"],
    ["c:warn", "d:error"],
    ["d:error"],
    [],
  ]);
});

test("sentences, addresses of people and secrets are left out, whoever passes them", () => {
  const { log, lines, text } = readableLog();
  const secrets = { one: "whsec_AAAA", two: "sk-ant-api03-x", three: "dk_live_x", four: "eyJhbGciOiJIUzI1NiJ9.e30.x" };
  log("passed by mistake", {
    ...{ text: WORDS, email: "zoe@example.com", url: "postgres://desk:s3cret@db/desk", secrets },
    ...{
      headers: { Authorization: "Basic0", "x-api-key": "plain", cookie: "a" },
      deep: { a: { b: { c: { d: "x" } } } },
    },
    [WORDS]: 1,
  });
  for (const planted of ["card", "zoe", "s3cret", "AAAA", "ant", "live", "Basic0", "plain", "eyJ"]) {
    expect(text()).not.toContain(planted);
  }
  expect(lines()[0]).toMatchObject({ text: "[redacted]", headers: { Authorization: "[redacted]" } });
});

test("of an error there is its kind, its codes and where it was made, and not a word of its message", () => {
  const { log, lines, text } = readableLog();
  const smuggled = new Error(`${WORDS}\n    at ${WORDS} (nowhere:1:2)\n`, { cause: new RangeError(WORDS) });
  log("one", { error: smuggled });
  log("two", { error: fail(Code.NotFound, "TICKET_NOT_FOUND", WORDS, { words: WORDS }) });
  log("three", { error: new ConnectError(WORDS, Code.Unavailable, undefined, undefined, smuggled) });
  log("four", { error: Object.assign(new Error(WORDS), { code: "ECONNREFUSED", address: "127.0.0.1", port: 5432 }) });
  log("five", { error: Object.assign(new Error(WORDS), { name: WORDS, code: WORDS, table: WORDS, status: 529 }) });
  log("six", { error: new AggregateError([new TypeError(WORDS)], WORDS) });
  expect(text()).not.toMatch(/card|4111|Zo/);
  const here = expect.arrayContaining([expect.stringContaining("tests/telemetry/log.test.ts")]);
  expect(lines().map(({ error }) => error)).toEqual([
    { type: "Error", stack: here, cause: { type: "RangeError", stack: here } },
    { type: "ConnectError", code: "not_found", reason: "TICKET_NOT_FOUND", stack: here },
    expect.objectContaining({ code: "unavailable", cause: expect.objectContaining({ type: "Error" }) }),
    { type: "Error", code: "ECONNREFUSED", address: "127.0.0.1", port: 5432, stack: here },
    { type: "Error", status: 529, stack: here },
    { type: "AggregateError", stack: here, cause: { type: "TypeError", stack: here } },
  ]);
});

describe("the line of a refused call", () => {
  const TRACE = "0af7651916cd43dd8448eb211c80319c";
  const headers = { traceparent: `00-${TRACE}-b7ad6b7169203331-01`, [PRINCIPAL_HEADER]: "https://id.example#zoe" };

  async function refusedOverHttp() {
    const { log, lines } = readableLog();
    const refuse = () => Promise.reject(fail(Code.NotFound, "TICKET_NOT_FOUND", WORDS));
    const methods = TicketService.methods.map(({ localName }) => [localName, refuse]);
    const service = bindService(TicketService as DescService, Object.fromEntries(methods), log);
    const limits = { host: "127.0.0.1", port: 0, allowedHosts: [], allowedOrigins: [], log, graceMs: 100 };
    await using listener = await listen({ ...limits, services: [service] });
    const url = `${listener.url}/deskwire.ticket.v1.TicketService/GetTicket`;
    const request = { method: "POST", body: '{"ticketId":"TKT-1001"}' };
    await fetch(url, { ...request, headers: { "content-type": "application/json", ...headers } });
    return lines().find(({ message }) => message === "call refused");
  }

  test("says what was refused to whom, and names nobody", async () => {
    const line = await refusedOverHttp();
    expect(line).toMatchObject({
      ...{ level: "info", method: "deskwire.ticket.v1.TicketService/GetTicket", protocol: "connect" },
      ...{ code: "not_found", reason: "TICKET_NOT_FOUND", ms: expect.any(Number) },
      caller: expect.stringMatching(/^[0-9a-f]{12}$/),
    });
    expect(JSON.stringify(line)).not.toContain("zoe");
  });

  test("has the caller's trace id, and the id of the span where traces are collected", async () => {
    expect(await refusedOverHttp()).toMatchObject({ trace_id: TRACE });
    await using collected = await collectHere();
    const line = await refusedOverHttp();
    expect(line).toMatchObject({ trace_id: TRACE, span_id: collected.spans()[0]?.id });
  });
});

test("a write of what keeps no history leaves a line that says who wrote what, once, and nothing of its texts", async () => {
  const { log, lines, text } = readableLog("info");
  const database = { kind: "sqlite", file: ":memory:" } as const;
  const crm = await crmModule({ database, tickets: directTransport([]), log });
  const client = createClient(CrmService, directTransport(crm.services));
  const options = { headers: { [PRINCIPAL_HEADER]: "key:lead" } };
  const request = { customer: { name: WORDS }, requestId: "create-1" };
  await client.createCustomer(request, options);
  await client.createCustomer(request, options);
  const note = { customerId: "CUS-1001", body: WORDS, author: { kind: ActorKind.AGENT } };
  await client.addNote({ note }, options);
  const wanted = { key: { case: "email", value: "zoe@example.com" }, name: WORDS } as const;
  await client.ensureCustomers({ customers: [wanted] }, options);
  // The desk itself, such as with its demo customers.
  await client.createCustomer({ customer: { name: WORDS } });
  await client.getCustomer({ customerId: "CUS-1001" }, options);
  await expect(client.updateCustomer({ customer: { id: "CUS-1009", name: "x" } }, options)).rejects.toThrow();
  await crm.close();
  const service = "deskwire.crm.v1.CrmService";
  // printf key:lead | sha256sum | cut -c1-12
  const caller = "142233f3d975";
  expect(lines().filter(({ message }) => message === "write done")).toMatchObject([
    { level: "info", method: `${service}/CreateCustomer`, about: ["CUS-1001"], request_id: "create-1", caller },
    { method: `${service}/AddNote`, about: ["CUS-1001", "NOTE-1001"], caller },
    { method: `${service}/EnsureCustomers`, about: ["CUS-1002"] },
  ]);
  expect(text()).not.toMatch(/card|4111|Zo|zoe/);
});

test.each(["sqlite", "postgres"] as const)(
  "an error of %s names what it is about and shows no value",
  async (dialect) => {
    const place = await temporaryDatabase(dialect);
    const database = await place.open({
      name: "words",
      up: async (trx) => {
        await trx.schema.createTable("words", (table) => {
          table.text("word").notNullable().unique();
          table.bigInteger("length");
        });
      },
    });
    const { log, lines, text } = readableLog();
    const tried = async (query: PromiseLike<unknown>) => {
      const error = await Promise.resolve(query).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(Error);
      log("query failed", { error });
    };
    await database.knex("words").insert({ word: WORDS });
    await tried(database.knex("words").insert({ word: WORDS }));
    await tried(database.knex("words").insert({ word: null }));
    await tried(database.knex("words").insert({ word: WORDS, missing: WORDS }));
    if (dialect === "postgres") await tried(database.knex("words").insert({ word: "x", length: WORDS }));
    await database.close();
    await place.remove();
    expect(text()).not.toMatch(/card|4111|Zo/);
    const [unique] = lines().map(({ error }) => error);
    expect(unique).toMatchObject(
      dialect === "sqlite"
        ? { errcode: 2067, failed: "UNIQUE constraint failed: words.word" }
        : { code: "23505", table: "words", constraint: "words_word_unique" },
    );
  },
);
