// Calls that wait for a person, as MCP clients of every era meet them: the person at the client is asked where the caller may
// decide and the client can show a form; else the result says that the call waits.
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from "@modelcontextprotocol/client";
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as OldTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport as OldAnyTransport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApprovalState } from "#gen/deskwire/ticket/v1/approval_pb.js";
import type { Catalog, JsonObject } from "../../adapter/catalog.ts";
import { PARTS } from "../../runtime/config.ts";
import { type Clients, clientsOf, newTicket, stateOf } from "../contract/case.ts";
import { openTestDesk, type TestDesk } from "../support/desk.ts";
import { type Era, eras, type RunningEndpoint, startEndpoint } from "./servers.ts";

const TOOL_APPROVAL = "respond_to_ticket=approve,update_ticket=approve";
let desk: TestDesk;
let clients: Clients;
let endpoint: RunningEndpoint;
beforeAll(async () => {
  desk = await openTestDesk({ parts: PARTS, environment: { TOOL_APPROVAL } });
  clients = clientsOf(desk.transport);
  endpoint = await startEndpoint({
    catalog: desk.desk.catalog as Catalog,
    // The edge makes out callers; here they say themselves who they are.
    identify: async ({ headers }) => {
      const { "x-scopes": scopes } = headers;
      return { principal: "key", scopes: scopes === undefined ? undefined : new Set(String(scopes).split(" ")) };
    },
  });
});
afterAll(async () => {
  await endpoint[Symbol.asyncDispose]();
  await desk[Symbol.asyncDispose]();
});

type Answer = { action: "accept" | "decline" | "cancel"; content?: Record<string, string> };
interface Question {
  readonly message: string;
  readonly requestedSchema: JsonObject;
}

/** A client whose person answers every question in the same way; without an answer it cannot ask anybody. */
async function connectAs(era: Era, scopes: string | undefined, answer?: Answer) {
  const asked: Question[] = [];
  const capabilities = answer ? { elicitation: {} } : {};
  const requestInit = { headers: scopes === undefined ? {} : { "x-scopes": scopes } };
  const identity = { name: "test", version: "1" };
  const onQuestion = async ({ params }: { params: unknown }) => {
    asked.push(params as Question);
    return answer as never;
  };
  if (era === "sdk-v1") {
    const client = new OldClient(identity, { capabilities });
    if (answer) client.setRequestHandler(ElicitRequestSchema, onQuestion);
    await client.connect(new OldTransport(endpoint.url, { requestInit }) as OldAnyTransport);
    // Makes the client check results against the tools' schemas.
    await client.listTools();
    return { client: client as unknown as ModernClient, asked };
  }
  const mode = era === "2026-07-28" ? { pin: era } : "legacy";
  const client = new ModernClient(identity, { capabilities, versionNegotiation: { mode } });
  if (answer) client.setRequestHandler("elicitation/create", onQuestion);
  await client.connect(new ModernTransport(endpoint.url, { requestInit }));
  await client.listTools();
  return { client, asked };
}

async function respond(client: ModernClient, fields: Record<string, unknown> = {}) {
  const ticket = await newTicket(clients);
  const args = { ticket_id: ticket.id, response: "It is on its way.", update_status: "resolved", ...fields };
  const result = await client.callTool({ name: "respond_to_ticket", arguments: args });
  const content = result.structuredContent as Record<string, JsonObject>;
  const { approval } = await clients.tickets.getApproval({ approvalId: String(content.approval?.id ?? "APR-1") });
  return { ticket, result, content, approval };
}

describe.each(eras)("%s", (era) => {
  it("asks the person, who approves: the answer is there, and the result says so", async () => {
    const { client, asked } = await connectAs(era, "tickets:reply approvals", {
      action: "accept",
      content: { decision: "approve" },
    });
    const { ticket, result, content, approval } = await respond(client);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.message).toContain("It is on its way.");
    expect(asked[0]?.message).toContain(approval?.id);
    expect(asked[0]?.requestedSchema).toMatchObject({
      type: "object",
      properties: { decision: { enum: ["approve", "reject"] }, edited_text: {}, comment: {} },
      required: ["decision"],
    });
    expect(result.isError).toBeFalsy();
    expect(content).toMatchObject({
      success: true,
      approval: { state: "approved" },
      ticket: { id: ticket.id, status: "resolved" },
      response: { body: expect.stringContaining("It is on its way.") },
    });
    expect(content.waiting).toBeUndefined();
    expect((await stateOf(clients, ticket.id)).messages.map(({ body }) => body)).toEqual(["It is on its way."]);
    await client.close();
  });

  it("sends what the person has edited", async () => {
    const content = { decision: "approve", edited_text: "It arrives on Monday.", comment: "more precise" };
    const { client } = await connectAs(era, undefined, { action: "accept", content });
    const { ticket, approval } = await respond(client);
    expect(approval).toMatchObject({ editedText: "It arrives on Monday.", comment: "more precise" });
    expect((await stateOf(clients, ticket.id)).messages[0]?.body).toBe("It arrives on Monday.");
    await client.close();
  });

  it.each<[string, Answer, string]>([
    ["rejects", { action: "accept", content: { decision: "reject", comment: "too early" } }, "too early"],
    ["declines", { action: "decline" }, "Declined at the client."],
  ])("sends nothing when the person %s, and tells the model why", async (_, answer, comment) => {
    const { client } = await connectAs(era, "approvals tickets:reply", answer);
    const { ticket, content } = await respond(client);
    expect(content).toMatchObject({ success: false, approval: { state: "rejected", comment } });
    expect((await stateOf(clients, ticket.id)).messages).toEqual([]);
    await client.close();
  });

  it("lets the call wait when the person does not decide", async () => {
    const { client } = await connectAs(era, undefined, { action: "cancel" });
    const { content, approval } = await respond(client);
    expect(content).toMatchObject({ success: false, approval: { state: "pending" } });
    expect(String(content.waiting)).toContain("Do not call again");
    expect(approval?.state).toBe(ApprovalState.PENDING);
    await client.close();
  });

  it.each<[string, string | undefined, Answer | undefined]>([
    ["cannot ask anybody", "tickets:reply approvals", undefined],
    ["has no key that may decide", "tickets:reply", { action: "accept", content: { decision: "approve" } }],
  ])("a client that %s is told that the call waits", async (_, scopes, answer) => {
    const { client, asked } = await connectAs(era, scopes, answer);
    const { ticket, result, content } = await respond(client);
    expect(asked).toEqual([]);
    expect(result.isError).toBeFalsy();
    expect(content).toMatchObject({
      success: false,
      approval: { id: expect.stringMatching(/^APR-/), state: "pending" },
    });
    expect(String(content.waiting)).toContain(String(content.approval?.id));
    const [text] = result.content as { text: string }[];
    expect(JSON.parse(text?.text ?? "")).toEqual(content);
    expect((await stateOf(clients, ticket.id)).messages).toEqual([]);
    await client.close();
  });

  it("asks for a call without a text with a form without one, and does it", async () => {
    const answer: Answer = { action: "accept", content: { decision: "approve", edited_text: "ignored?" } };
    const { client, asked } = await connectAs(era, undefined, { ...answer, content: { decision: "approve" } });
    const ticket = await newTicket(clients);
    const args = { ticket_id: ticket.id, team: "billing" };
    const { structuredContent } = await client.callTool({ name: "update_ticket", arguments: args });
    expect(Object.keys(asked[0]?.requestedSchema.properties as object)).toEqual(["decision", "comment"]);
    expect(structuredContent).toMatchObject({ ticket: { team: "billing" }, approval: { state: "approved" } });
    await client.close();
  });

  it("shows the tools for deciding to those alone whose scopes name it, and lets no key decide on its own call", async () => {
    const names = async (scopes: string | undefined) => {
      const { client } = await connectAs(era, scopes);
      const { tools } = await client.listTools();
      await client.close();
      return tools.map(({ name }) => name).filter((name) => name.includes("approval"));
    };
    expect(await names(undefined)).toEqual([]);
    expect(await names("tickets:read tickets:reply tickets:write")).toEqual([]);
    expect(await names("approvals")).toEqual(["list_approvals", "get_approval", "decide_approval"]);
    const { client } = await connectAs(era, "approvals tickets:reply");
    const { content } = await respond(client);
    const args = { approval_id: content.approval?.id, decision: "approve" };
    const read = { approval_id: content.approval?.id };
    const seen = await client.callTool({ name: "get_approval", arguments: read as never });
    const call = (seen.structuredContent as { approval: { request: JsonObject } }).approval.request;
    expect(JSON.stringify(call)).toContain("TICKET_STATUS_RESOLVED");
    expect(JSON.stringify(call)).not.toContain("It is on its way.");
    const { isError, structuredContent } = await client.callTool({ name: "decide_approval", arguments: args });
    expect(isError).toBe(true);
    expect(structuredContent).toMatchObject({ error: { reason: "OWN_APPROVAL" } });
    const { client: nobody } = await connectAs(era, undefined);
    const refused = nobody.callTool({ name: "decide_approval", arguments: args });
    await expect(refused).rejects.toThrow("Unknown tool");
    await Promise.all([client.close(), nobody.close()]);
  });
});

it("an answer counts for the call alone that was asked about", async () => {
  const meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name: "raw", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": { elicitation: {} },
  };
  const ticket = await newTicket(clients);
  const call = async (response: string, more: object = {}) => {
    const params = { name: "respond_to_ticket", arguments: { ticket_id: ticket.id, response }, _meta: meta, ...more };
    const answer = await fetch(endpoint.url, {
      method: "POST",
      headers: {
        ...{ "content-type": "application/json", accept: "application/json, text/event-stream" },
        ...{ "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "respond_to_ticket" },
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }),
    });
    const text = await answer.text();
    return JSON.parse(text.replace(/^[\s\S]*?data: /, text.startsWith("{") ? "$&" : "")).result;
  };
  const first = await call("one");
  expect(first.resultType).toBe("input_required");
  const [id = ""] = Object.keys(first.inputRequests);
  const approved = { [id]: { action: "accept", content: { decision: "approve" } } };
  const other = await call("two", { inputResponses: approved });
  expect(other.resultType).toBe("input_required");
  expect(Object.keys(other.inputRequests)).not.toContain(id);
  expect((await stateOf(clients, ticket.id)).messages).toEqual([]);
  const done = await call("one", { inputResponses: approved });
  expect(done.structuredContent).toMatchObject({ success: true });
  // The same answer again is the same decision.
  expect((await call("one", { inputResponses: approved })).structuredContent).toMatchObject({ success: true });
  expect((await stateOf(clients, ticket.id)).messages.map(({ body }) => body)).toEqual(["one"]);
});
