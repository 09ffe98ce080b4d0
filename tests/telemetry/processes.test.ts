// One trace over all the processes of a desk, sent to a collector.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Part } from "../../runtime/config.ts";
import { DeskProcess, freePort } from "../support/processes.ts";
import { pathTo, startCollector } from "./collected.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const TRACEPARENT = `00-${TRACE}-b7ad6b7169203331-01`;
const SUPPORT = "deskwire.support.v1.SupportService";
const TICKET = "deskwire.ticket.v1.TicketService";

const PROCESSES: readonly (readonly Part[])[] = [["crm", "ticket"], ["analytics", "support"], ["adapter"]];
const processes: DeskProcess[] = [];
let collector: Awaited<ReturnType<typeof startCollector>>;
let folder: string;
let exitCodes: (number | null)[];
let results: unknown[];

beforeAll(async () => {
  collector = await startCollector();
  folder = await mkdtemp(join(tmpdir(), "deskwire-traces-"));
  const ports = Object.fromEntries(
    await Promise.all(PROCESSES.map(async (parts) => [parts.join(), String(await freePort())])),
  );
  const url = (parts: string) => `http://127.0.0.1:${ports[parts]}`;
  const environment = {
    ...{ DATA_DIR: folder, CRM_URL: url("crm,ticket"), TICKET_URL: url("crm,ticket") },
    ...{ ANALYTICS_URL: url("analytics,support"), SUPPORT_URL: url("analytics,support") },
    ...{ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_EXPORTER_OTLP_HEADERS: "x-key=one%20two" },
  };
  const start = async (parts: readonly Part[]) => {
    processes.push(await DeskProcess.start(parts, { ...environment, PORT: ports[parts.join()] ?? "" }));
  };
  for (const parts of PROCESSES) await start(parts);
  const client = new Client({ name: "test", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url("adapter")}/mcp`)));
  const call = async (name: string, args: Record<string, unknown>) =>
    (await client.callTool({ name, arguments: args, _meta: { traceparent: TRACEPARENT } })).isError;
  const ticket = { customer_email: "ada@example.com", subject: "Help", description: "Help me" };
  results = [await call("open_ticket", ticket), await call("handle_ticket", { ticket_id: "TKT-999999" })];
  await client.close();
  exitCodes = await Promise.all(processes.map((process) => process.stop()));
});
afterAll(async () => {
  for (const process of processes) await process[Symbol.asyncDispose]();
  await collector[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const spansOfTrace = () => collector.spans.filter(({ traceId }) => traceId === TRACE);

test("what is recorded is sent to the collector before the processes end", () => {
  expect(results).toEqual([undefined, true]);
  expect(exitCodes, processes.map(({ output }) => output).join("\n")).toEqual(PROCESSES.map(() => 0));
  expect(collector.requests[0]).toMatchObject({ path: "/v1/traces", headers: { "x-key": "one two" } });
});

test("a call is one trace over three processes, each span under the one that asked for it", () => {
  const spans = spansOfTrace();
  const insert = spans.find(({ name }) => name === "INSERT ticket");
  expect(insert && pathTo(insert, spans)).toEqual([
    "tools/call open_ticket",
    // The caller's side and the service's side of each hop.
    ...[`${SUPPORT}/OpenTicket`, `${SUPPORT}/OpenTicket`, `${TICKET}/CreateTicket`, `${TICKET}/CreateTicket`],
    ...["transaction ticket", "INSERT ticket"],
  ]);
  const services = new Set(spans.map(({ service }) => service));
  expect([...services].sort()).toEqual(["deskwire-adapter", "deskwire-analytics-support", "deskwire-crm-ticket"]);
});

test("a failed call is an error on both sides of a hop, by its reason", () => {
  const refused = spansOfTrace().filter(({ name, failed }) => failed && name === `${TICKET}/GetTicket`);
  expect(refused.map(({ kind, service, attributes }) => [kind, service, attributes["error.type"]]).sort()).toEqual([
    ["CLIENT", "deskwire-analytics-support", "TICKET_NOT_FOUND"],
    ["SERVER", "deskwire-crm-ticket", "TICKET_NOT_FOUND"],
  ]);
});

test("nothing that a customer wrote is sent", () => {
  expect(
    JSON.stringify(collector.spans, (_, value) => (typeof value === "bigint" ? String(value) : value)),
  ).not.toMatch(/Help|ada@/);
});
