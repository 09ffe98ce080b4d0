// What a scraper finds at /metrics.
import { createClient } from "@connectrpc/connect";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AnalyticsService } from "#gen/deskwire/analytics/v1/analytics_service_pb.js";
import { CrmService } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import type { CallContext, Catalog } from "../../adapter/catalog.ts";
import { PARTS } from "../../runtime/config.ts";
import { answerJson } from "../../runtime/http/http-error.ts";
import { type Listener, listen } from "../../runtime/http/listener.ts";
import { METRICS_SCOPE, scopeMissing } from "../../runtime/identity/scopes.ts";
import { CallStats } from "../../runtime/telemetry/call-stats.ts";
import { gauge } from "../../runtime/telemetry/metrics.ts";
import { openTestDesk, silent, type TestDesk } from "../support/desk.ts";

let desk: TestDesk;
let listener: Listener;
beforeAll(async () => {
  desk = await openTestDesk({ parts: PARTS });
  listener = await desk.listen();
});
afterAll(() => desk[Symbol.asyncDispose]());

/** The numbers, by name and labels as they are written. */
async function scrape(): Promise<Map<string, number>> {
  const text = await (await fetch(`${listener.url}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]),
  );
}

test("the answer is Prometheus text, every family with help and type", async () => {
  const response = await fetch(`${listener.url}/metrics`);
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const text = await response.text();
  const families = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
  const described = new Set([...text.matchAll(/^# HELP (\S+) \S/gm)].map(([, name]) => name));
  expect(families).toEqual(described);
  for (const line of text
    .trim()
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))) {
    expect(line).toMatch(/^[a-z_][a-z0-9_]*(\{([a-z_]+="[^"\n]*",?)+\})? (-?[\d.]+(e[+-]?\d+)?|\+Inf|Nan)$/i);
  }
  expect((await fetch(`${listener.url}/metrics`, { method: "POST" })).status).toBe(405);
});

test("every call of a method is counted by how it ended, with its duration", async () => {
  const method = 'method="deskwire.ticket.v1.TicketService/GetTicket"';
  const tickets = createClient(TicketService, desk.transport);
  const before = await scrape();
  const count = (numbers: Map<string, number>, outcome: string) =>
    numbers.get(`deskwire_rpc_requests_total{${method},${outcome}}`) ?? 0;
  await tickets.listTickets({});
  for (const id of ["TKT-999998", "TKT-999999"]) await tickets.getTicket({ ticketId: id }).catch(() => {});
  await tickets.getTicket({ ticketId: "?" }).catch(() => {});
  const after = await scrape();
  const missing = 'code="not_found",reason="TICKET_NOT_FOUND"';
  expect(count(after, missing) - count(before, missing)).toBe(2);
  expect(count(after, 'code="invalid_argument",reason="VALIDATION_FAILED"')).toBeGreaterThan(0);
  expect(after.get(`deskwire_rpc_duration_seconds_count{${method}}`)).toBe(3);
  expect(after.get(`deskwire_rpc_duration_seconds_bucket{${method},le="+Inf"}`)).toBe(3);
  expect(after.get(`deskwire_rpc_duration_seconds_sum{${method}}`)).toBeGreaterThan(0);
});

test("calls under way are counted while they last, streams too", async () => {
  const name = 'deskwire_rpc_under_way{method="deskwire.ticket.v1.TicketService/WatchEvents"}';
  const before = (await scrape()).get(name) ?? 0;
  const done = new AbortController();
  const stream = createClient(TicketService, desk.transport).watchEvents({}, { signal: done.signal });
  const reading = stream[Symbol.asyncIterator]()
    .next()
    .catch(() => {});
  expect((await scrape()).get(name)).toBe(before + 1);
  done.abort();
  await reading;
});

test("every call of a tool is counted", async () => {
  const { tools } = desk.desk.catalog as Catalog;
  const tool = tools.find(({ definition }) => definition.name === "handle_ticket");
  const context: CallContext = { signal: new AbortController().signal, headers: {} };
  await tool?.call({ ticket_id: "TKT-999999" }, context);
  const numbers = await scrape();
  const refused = 'tool="handle_ticket",code="not_found",reason="TICKET_NOT_FOUND"';
  expect(numbers.get(`deskwire_tool_requests_total{${refused}}`)).toBe(1);
  expect(numbers.get('deskwire_tool_duration_seconds_count{tool="handle_ticket"}')).toBe(1);
});

test("the process, the databases and the queues are measured", async () => {
  await createClient(AnalyticsService, desk.transport).analyze({ text: "x" });
  const { customer } = await createClient(CrmService, desk.transport).createCustomer({ customer: { name: "Ada" } });
  await createClient(TicketService, desk.transport).createTicket({
    ticket: { subject: "Printer", customerId: customer?.id ?? "" },
  });
  const numbers = await scrape();
  for (const name of [
    ...["process_resident_memory_bytes", "nodejs_eventloop_lag_seconds", "process_cpu_seconds_total"],
    ...['deskwire_database_waiting{database="ticket"}', 'deskwire_database_waiting{database="crm"}'],
    ...["deskwire_event_log_position", 'deskwire_event_log_reader_position{reader="webhooks"}'],
    ...['deskwire_webhook_deliveries{state="pending"}', 'deskwire_webhook_deliveries{state="dead"}'],
  ]) {
    expect(numbers.has(name), name).toBe(true);
  }
  // Without a webhook nobody reads for them, and nothing is behind.
  const end = numbers.get("deskwire_event_log_position");
  expect(end).toBeGreaterThan(0);
  expect(numbers.get('deskwire_event_log_reader_position{reader="webhooks"}')).toBe(end);
});

test("reasons of other processes cannot make more than fifty series of a method", () => {
  const stats = new CallStats("x");
  for (let reason = 0; reason < 500; reason++) stats.end(stats.begin(), { code: "not_found", reason: `R${reason}` });
  stats.end(stats.begin(), { code: "not_found", reason: "what a customer wrote" });
  expect(stats.outcomes.length).toBeLessThanOrEqual(52);
  expect(stats.outcomes.reduce((sum, { count }) => sum + count, 0)).toBe(501);
  expect(stats.underWay).toBe(0);
});

test("whoever may not read the metrics is refused with a reason", async () => {
  const mayReadMetrics = () => Promise.reject(scopeMissing(METRICS_SCOPE));
  const limits = { host: "127.0.0.1", port: 0, services: [], allowedHosts: [], allowedOrigins: [], log: silent };
  await using guarded = await listen({ ...limits, mayReadMetrics });
  const response = await fetch(`${guarded.url}/metrics`);
  expect(response.status).toBe(403);
  expect(await response.text()).toContain("telemetry:read");
});

test("a number that cannot be read is left out, and the others are there", async () => {
  const broken = { ...gauge("deskwire_broken", "Never read.", () => Promise.reject(new Error("no"))) };
  const fine = gauge("deskwire_fine", "Always 1.", () => 1);
  const limits = { host: "127.0.0.1", port: 0, services: [], allowedHosts: [], allowedOrigins: [], log: silent };
  await using other = await listen({ ...limits, metrics: [broken, fine] });
  const text = await (await fetch(`${other.url}/metrics`)).text();
  expect(text).toContain("deskwire_fine 1");
  expect(text).not.toMatch(/^deskwire_broken/m);
});

test("what is posted to a plain path is counted by its status", async () => {
  const limits = { host: "127.0.0.1", port: 0, services: [], allowedHosts: [], allowedOrigins: [], log: silent };
  await using other = await listen({
    ...limits,
    routes: { "/teapot": (_request, response) => answerJson(response, 418, {}) },
  });
  for (const method of ["POST", "POST", "GET"]) await fetch(`${other.url}/teapot`, { method });
  const text = await (await fetch(`${other.url}/metrics`)).text();
  expect(text).toContain('deskwire_http_requests_total{path="/teapot",code="418",reason=""} 2');
});
