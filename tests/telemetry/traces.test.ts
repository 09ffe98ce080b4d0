// One trace from the MCP request to the SQL, in one process and over several.

import { createClient } from "@connectrpc/connect";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { Knex } from "knex";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CrmService } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import type { Catalog } from "../../adapter/catalog.ts";
import { createMcpEndpoint } from "../../adapter/server/mcp-http.ts";
import { PARTS } from "../../runtime/config.ts";
import { answerJson } from "../../runtime/http/http-error.ts";
import { listen } from "../../runtime/http/listener.ts";
import { tracedRoutes } from "../../runtime/telemetry/routes.ts";
import { traced } from "../../runtime/telemetry/tracing.ts";
import { post } from "../../services/ticket/webhooks/post.ts";
import { targets } from "../../services/ticket/webhooks/target.ts";
import { DIALECTS, temporaryDatabase } from "../support/databases.ts";
import { openTestDesk, silent, type TestDesk } from "../support/desk.ts";
import { eventually } from "../support/processes.ts";
import { collectHere, pathTo } from "./collected.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const CALLER = "b7ad6b7169203331";
const TRACEPARENT = `00-${TRACE}-${CALLER}-01`;
const WORDS = "My card was charged twice";
const SUPPORT = "deskwire.support.v1.SupportService";
const TICKET = "deskwire.ticket.v1.TicketService";

describe.each(DIALECTS)("the traces of a desk in one process, on %s", (dialect) => {
  let collected: Awaited<ReturnType<typeof collectHere>>;
  let desk: TestDesk;
  let ticketId: string;
  const client = new Client({ name: "test", version: "1" });
  const closing: AsyncDisposable[] = [];

  beforeAll(async () => {
    collected = await collectHere();
    desk = await openTestDesk({ dialect, parts: PARTS });
    const catalog = desk.desk.catalog as Catalog;
    const endpoint = createMcpEndpoint({ catalog, info: { name: "desk", version: "1" }, log: silent });
    const listener = await listen({
      ...{ host: "127.0.0.1", port: 0, services: [], allowedHosts: [], allowedOrigins: [], log: silent, graceMs: 100 },
      routes: { "/mcp": endpoint.handler },
    });
    closing.push(listener, { [Symbol.asyncDispose]: () => endpoint.close() });
    await client.connect(new StreamableHTTPClientTransport(new URL(`${listener.url}/mcp`)));
    const { customer } = await createClient(CrmService, desk.transport).createCustomer({ customer: { name: "Ada" } });
    const ticket = { subject: WORDS, description: WORDS, customerId: customer?.id ?? "" };
    ticketId = (await createClient(TicketService, desk.transport).createTicket({ ticket })).ticket?.id ?? "";
  });
  afterAll(async () => {
    await client.close();
    for (const each of closing.reverse()) await each[Symbol.asyncDispose]();
    await desk[Symbol.asyncDispose]();
    await collected[Symbol.asyncDispose]();
  });
  beforeEach(() => collected.reset());

  /** Calls a tool; its spans, once the last of them has ended. */
  async function call(name: string, args: Record<string, unknown>, meta = { traceparent: TRACEPARENT }) {
    const result = await client.callTool({ name, arguments: args, _meta: meta });
    const spans = await eventually(async () => {
      const spans = collected.spans();
      return spans.some((span) => span.name === `tools/call ${name}`) && spans;
    });
    return { result, spans };
  }

  it("reach from the tool to the SQL, each span under the one that asked for it", async () => {
    const { spans } = await call("handle_ticket", { ticket_id: ticketId });
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
    const root = spans.find(({ parentId }) => parentId === CALLER);
    expect(root).toMatchObject({ name: "tools/call handle_ticket", kind: "SERVER", failed: false });
    const select = spans.find(({ name }) => name === "SELECT ticket");
    expect(select && pathTo(select, spans)).toEqual([
      "tools/call handle_ticket",
      `${SUPPORT}/HandleTicket`,
      expect.stringContaining(TICKET),
      "SELECT ticket",
    ]);
    expect(select).toMatchObject({
      kind: "CLIENT",
      attributes: {
        ...{ "db.system.name": dialect === "sqlite" ? "sqlite" : "postgresql", "db.namespace": "ticket" },
        ...{ "db.operation.name": "SELECT", "db.collection.name": "ticket" },
      },
    });
  });

  it("say of a failed call its code and reason", async () => {
    const { spans } = await call("handle_ticket", { ticket_id: "TKT-999999" });
    const failed = spans.filter((span) => span.failed).map(({ name, attributes }) => ({ name, attributes }));
    const rpc = { "rpc.response.status_code": "NOT_FOUND", "error.type": "TICKET_NOT_FOUND" };
    expect(failed).toContainEqual({ name: `${SUPPORT}/HandleTicket`, attributes: expect.objectContaining(rpc) });
    expect(failed).toContainEqual({
      name: "tools/call handle_ticket",
      attributes: expect.objectContaining({
        ...{ "error.type": "tool_error", "deskwire.error.code": "not_found" },
        "deskwire.error.reason": "TICKET_NOT_FOUND",
      }),
    });
  });

  it("hold nothing that a customer wrote", async () => {
    await call("respond_to_ticket", { ticket_id: ticketId, response: `${WORDS}, sorry` });
    await call("search_tickets", { query: "charged twice" });
    await call("respond_to_ticket", { ticket_id: WORDS, response: WORDS });
    const everything = JSON.stringify(collected.spans());
    expect(everything).toContain("INSERT message");
    expect(everything).not.toMatch(/card|charged|twice|sorry/);
  });

  it("begin here where the caller has none", async () => {
    const { spans } = await call("handle_ticket", { ticket_id: ticketId }, {} as never);
    const roots = spans.filter(({ parentId }) => parentId === undefined);
    expect(roots.map(({ name }) => name)).toEqual(["tools/call handle_ticket"]);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  });
});

it.each(DIALECTS)("writes that share a commit stay in their own traces, on %s", async (dialect) => {
  await using collected = await collectHere();
  const place = await temporaryDatabase(dialect);
  const up = async (trx: Knex.Transaction) => {
    await trx.schema.createTable("words", (table) => void table.text("word"));
  };
  const database = await place.open({ name: "words", up });
  collected.reset();
  const callers = ["one", "two", "three", "four"];
  const insert = (word: string) => database.transaction((trx) => trx("words").insert({ word }));
  await Promise.all(
    callers.map((name) =>
      traced(
        () => ({ name, kind: "SERVER", attributes: {} }),
        () => insert(name),
      ),
    ),
  );
  const spans = collected.spans();
  const inserts = spans.filter(({ name }) => name === "INSERT words");
  expect(inserts.map((span) => pathTo(span, spans)).sort()).toEqual(
    callers.map((caller) => [caller, "transaction test", "INSERT words"]).sort(),
  );
  await database.close();
  await place.remove();
});

describe("sampling", () => {
  it("follows the variables, and the caller where it is parent-based", async () => {
    const made = async (sampler: string, traceparent: string) => {
      await using collected = await collectHere({ OTEL_TRACES_SAMPLER: sampler });
      await using desk = await openTestDesk();
      const headers = { traceparent };
      await using listener = await desk.listen();
      await fetch(`${listener.url}/${TICKET}/ListTickets`, {
        ...{ method: "POST", body: "{}" },
        headers: { "content-type": "application/json", ...headers },
      });
      return collected.spans().length > 0;
    };
    expect(await made("parentbased_always_on", TRACEPARENT)).toBe(true);
    expect(await made("parentbased_always_on", TRACEPARENT.replace(/01$/, "00"))).toBe(false);
    expect(await made("always_on", TRACEPARENT.replace(/01$/, "00"))).toBe(true);
    expect(await made("always_off", TRACEPARENT)).toBe(false);
  });
});

describe("plain paths and webhooks", () => {
  it("a post is a span of its own, in its caller's trace", async () => {
    await using collected = await collectHere();
    const routes = tracedRoutes({ "/inbound": (_request, response) => answerJson(response, 503, {}) });
    const limits = { host: "127.0.0.1", port: 0, services: [], allowedHosts: [], allowedOrigins: [], log: silent };
    await using listener = await listen({ ...limits, routes });
    await fetch(`${listener.url}/inbound?key=s3cret`, { method: "POST", headers: { traceparent: TRACEPARENT } });
    await fetch(`${listener.url}/inbound`);
    const attributes = { "http.request.method": "POST", "http.route": "/inbound", "http.response.status_code": 503 };
    expect(collected.spans()).toEqual([
      expect.objectContaining({
        ...{ name: "POST /inbound", kind: "SERVER", traceId: TRACE, parentId: CALLER, failed: true },
        attributes: { ...attributes, "error.type": "503" },
      }),
    ]);
  });

  it("an attempt to deliver is a span that names the host alone", async () => {
    await using collected = await collectHere();
    const attempt = { url: "http://127.0.0.1:9/hooks/s3cret?key=s3cret", headers: {}, body: WORDS };
    await post(targets(["127.0.0.0/8"]), { ...attempt, signal: new AbortController().signal });
    const [span] = collected.spans();
    expect(span).toMatchObject({ name: "POST", kind: "CLIENT", failed: true, parentId: undefined });
    expect(span?.attributes).toMatchObject({ "server.address": "127.0.0.1", "error.type": "ECONNREFUSED" });
    expect(JSON.stringify(span)).not.toMatch(/s3cret|charged/);
  });
});
