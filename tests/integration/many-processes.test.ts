// The parts of the desk as processes of their own, which reach each other over gRPC.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Part } from "../../runtime/config.ts";
import { inOrder, resultsIn, turn, use } from "../support/messages-api/script.ts";
import { type MessagesApi, MODEL_KEY, startMessagesApi } from "../support/messages-api/server.ts";
import { DeskProcess, eventually, freePort } from "../support/processes.ts";

const PARTS: readonly Part[] = ["crm", "ticket", "analytics", "support", "adapter"];

let environment: Record<string, string>;
const ports = new Map<Part, string>();
const processes = new Map<Part, DeskProcess>();
let model: MessagesApi;
const client = new Client({ name: "test", version: "1" });

async function start(part: Part): Promise<void> {
  processes.set(part, await DeskProcess.start([part], { ...environment, PORT: ports.get(part) ?? "" }));
}

async function stop(part: Part, signal: NodeJS.Signals): Promise<number | null | undefined> {
  return processes.get(part)?.stop(signal);
}

interface Answer {
  readonly [part: string]: unknown;
  readonly notes?: readonly { readonly body: string }[];
}

async function call(name: string, args: Record<string, unknown>): Promise<Answer> {
  const { structuredContent, isError } = await client.callTool({ name, arguments: args });
  return { isError, ...(structuredContent as Answer) };
}

async function post(part: Part, method: string, body: unknown, headers = {}): Promise<Answer> {
  const answer = await fetch(`${processes.get(part)?.url}/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return (await answer.json()) as Answer;
}

beforeAll(async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "deskwire-"));
  for (const part of PARTS) ports.set(part, String(await freePort()));
  const url = (part: Part) => `http://127.0.0.1:${ports.get(part)}`;
  model = await startMessagesApi(inOrder());
  environment = {
    ...{ DATA_DIR: dataDir, CLAUDE_API_KEY: MODEL_KEY, ANTHROPIC_BASE_URL: model.url },
    CRM_URL: url("crm"),
    TICKET_URL: url("ticket"),
    ANALYTICS_URL: url("analytics"),
    SUPPORT_URL: url("support"),
  };
  await Promise.all(PARTS.map(start));
  const adapter = processes.get("adapter");
  await client.connect(new StreamableHTTPClientTransport(new URL(`${adapter?.url}/mcp`)));
});
afterAll(async () => {
  await client.close();
  await model[Symbol.asyncDispose]();
  await Promise.all([...processes.values()].map((desk) => desk[Symbol.asyncDispose]()));
  await rm(environment.DATA_DIR ?? "", { recursive: true, force: true });
});

describe("five processes", () => {
  it("work a ticket from first look to reply, by MCP", async () => {
    const opened = await call("open_ticket", {
      subject: "Charged twice",
      description: "My card was charged twice. Please refund one payment.",
      customer_email: "ada@example.com",
      customer_name: "Ada",
    });
    expect(opened).toMatchObject({ ticket: { id: "TKT-1001", status: "open" }, customer_added: true });

    const handled = await call("handle_ticket", { ticket_id: "TKT-1001" });
    expect(handled).toMatchObject({ customer: { id: "CUS-1001" }, analysis: { category: "billing" } });

    const answered = await call("respond_to_ticket", {
      ticket_id: "TKT-1001",
      response: "The second payment is on its way back to you.",
      update_status: "resolved",
      add_customer_note: true,
    });
    expect(answered).toMatchObject({ success: true, ticket: { status: "resolved" }, customer_note: "queued" });

    const notes = await eventually(async () => {
      const { notes: found = [] } = await call("look_up_customer", { customer_id: "CUS-1001" });
      return found.length > 0 && found;
    });
    expect(notes.map(({ body }) => body)).toEqual([
      expect.stringContaining("\nTicket TKT-1001 - Response: The second payment is on its way back to you....\n"),
    ]);
  });

  it("answer a caller whose trace, with what they say of the caller, is more than headers can hold", async () => {
    const request = { ticketId: "TKT-1001" };
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const headers = { traceparent, baggage: `a=${"x".repeat(15_800)}` };
    const handled = await post("support", "deskwire.support.v1.SupportService/HandleTicket", request, headers);
    expect(handled).toMatchObject({ ticket: { id: "TKT-1001" } });
  });

  it("work a ticket by the messages gateway, which cannot reach beyond it", async () => {
    model.script = inOrder(
      turn(use("handle_ticket", { ticket_id: "TKT-1001" }), use("search_tickets", {})),
      (request) => {
        expect(resultsIn(request)).toMatchObject([{ is_error: false }, { is_error: true }]);
        return turn(use("add_internal_note", { ticket_id: "TKT-1001", body: "Seen by the gateway." }));
      },
      turn("Noted."),
    );
    const messages = [{ role: "user", content: "Look at TKT-1001." }];
    const answer = await post("adapter", "v1/messages", { messages, tools: [{ name: "support" }] });
    expect(answer).toMatchObject({ stop_reason: "end_turn", deskwire: { ticket: "TKT-1001", turns: 3 } });
    const listed = await post("ticket", "deskwire.ticket.v1.TicketService/ListTicketMessages", {
      ticketId: "TKT-1001",
    });
    expect(JSON.stringify(listed)).toContain("Seen by the gateway.");
  });

  it("answer without analytics while it is down, and say so", async () => {
    await stop("analytics", "SIGKILL");
    const handled = await call("handle_ticket", { ticket_id: "TKT-1001" });
    expect(handled.analysis).toBeUndefined();
    expect(handled).toMatchObject({ ticket: { id: "TKT-1001" }, missing: [{ part: "analysis" }] });
    await start("analytics");
    expect((await call("handle_ticket", { ticket_id: "TKT-1001" })).missing).toEqual([]);
  });

  it("keep a note that was asked for while the CRM was down, exactly once", async () => {
    await post("ticket", "deskwire.ticket.v1.TicketService/ChangeStatus", { ticketId: "TKT-1001", status: 2 });
    await stop("crm", "SIGKILL");
    const answered = await call("respond_to_ticket", {
      ticket_id: "TKT-1001",
      response: "Once more.",
      add_customer_note: true,
    });
    expect(answered).toMatchObject({ success: true, customer_note: "queued" });
    await start("crm");
    const notes = await eventually(async () => {
      const list = "deskwire.crm.v1.CrmService/ListNotes";
      const { notes: found = [] } = await post("crm", list, { customerId: "CUS-1001" });
      return found.length >= 2 && found;
    });
    expect(notes.map(({ body }) => body)).toEqual([
      "Ticket TKT-1001 - Response: Once more....",
      "Ticket TKT-1001 - Response: The second payment is on its way back to you....",
    ]);
  });

  it("say which service is missing when an answer cannot do without it", async () => {
    await stop("ticket", "SIGKILL");
    const handled = await call("handle_ticket", { ticket_id: "TKT-1001" });
    expect(handled).toMatchObject({ isError: true, error: { code: "unavailable", reason: "SERVICE_UNAVAILABLE" } });
    await start("ticket");
    expect(await call("handle_ticket", { ticket_id: "TKT-1001" })).toMatchObject({ ticket: { id: "TKT-1001" } });
  });

  it("end cleanly when asked to", async () => {
    const codes = await Promise.all(PARTS.map((part) => stop(part, "SIGTERM")));
    const outputs = PARTS.map((part) => `${part}: ${processes.get(part)?.output}`);
    expect(codes, outputs.join("\n")).toEqual([0, 0, 0, 0, 0]);
  });
});
