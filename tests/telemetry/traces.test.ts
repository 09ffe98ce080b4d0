// One trace from the MCP request to the SQL, in one process and over several.

import { createClient } from "@connectrpc/connect";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CrmService } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import type { Catalog } from "../../adapter/catalog.ts";
import { createMcpEndpoint } from "../../adapter/server/mcp-http.ts";
import { PARTS } from "../../runtime/config.ts";
import { listen } from "../../runtime/listener.ts";
import { DIALECTS } from "../support/databases.ts";
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

  it("of writes that share a commit stay apart", async () => {
    const traces = ["1", "2", "3", "4"].map((digit) => digit.repeat(32));
    await Promise.all(
      traces.map((trace) =>
        client.callTool({
          name: "add_internal_note",
          arguments: { ticket_id: ticketId, body: `${WORDS} ${trace}` },
          _meta: { traceparent: `00-${trace}-${CALLER}-01` },
        }),
      ),
    );
    const spans = await eventually(async () => {
      const spans = collected.spans();
      return spans.filter(({ name }) => name === "tools/call add_internal_note").length === traces.length && spans;
    });
    for (const trace of traces) {
      const own = spans.filter(({ traceId }) => traceId === trace);
      const inserts = own.filter(({ name }) => name === "INSERT message");
      expect(inserts.map((insert) => pathTo(insert, own))).toEqual([
        [
          ...["tools/call add_internal_note", `${SUPPORT}/AddInternalNote`, `${TICKET}/AddInternalNote`],
          ...["transaction ticket", "INSERT message"],
        ],
      ]);
    }
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
