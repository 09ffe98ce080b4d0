// A plain call, which is answered without the SDK, gets the very answer that the SDK gives; what is not plain is left to it.
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readPlainCall } from "../../adapter/server/plain-call.ts";
import { events } from "./fixture-catalog.ts";
import { type RunningEndpoint, startEndpoint } from "./servers.ts";

const envelope = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "raw", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};
const accepting = { "content-type": "application/json", accept: "application/json, text/event-stream" };
const modern = { ...accepting, "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "echo" };
const old = { ...accepting, "mcp-protocol-version": "2025-11-25" };
const params = { name: "echo", arguments: { label: "a" } };
const message = { jsonrpc: "2.0", id: 7, method: "tools/call", params };
const modernMessage = { ...message, params: { ...params, _meta: envelope } };

const withMeta = (meta: object) => ({ ...message, params: { ...params, _meta: { ...envelope, ...meta } } });

describe("plain is", () => {
  test.each<[string, Record<string, string>, unknown]>([
    ["a call of 2026", modern, modernMessage],
    ["one whose id is a text", modern, { ...modernMessage, id: "seven" }],
    ["one with a progress token and a trace", modern, withMeta({ progressToken: 1, traceparent: "00-" })],
    ["one without clientInfo", modern, withMeta({ "io.modelcontextprotocol/clientInfo": undefined })],
    ["a call of 2025", old, message],
    ["one that names no revision", accepting, message],
    ["one without arguments", old, { ...message, params: { name: "echo" } }],
  ])("%s", (_, headers, body) => {
    expect(readPlainCall(headers, JSON.parse(JSON.stringify(body)))).toMatchObject({ params: { name: "echo" } });
  });
});

describe("not plain is", () => {
  test.each<[string, Record<string, string>, unknown]>([
    ["a batch", old, [message]],
    ["a notification", old, { ...message, id: undefined }],
    ["an id of null", old, { ...message, id: null }],
    ["an id that is no whole number", old, { ...message, id: 1.5 }],
    ["another version of JSON-RPC", old, { ...message, jsonrpc: "1.0" }],
    ["another method", old, { ...message, method: "tools/list" }],
    ["a member that JSON-RPC does not know", old, { ...message, extra: 1 }],
    ["a parameter that carries more", old, { ...message, params: { ...params, task: { ttl: 1 } } }],
    ["an answer to a question", modern, { ...modernMessage, params: { ...modernMessage.params, inputResponses: {} } }],
    ["a name that is no text", old, { ...message, params: { name: 1 } }],
    ["a list of arguments", old, { ...message, params: { ...params, arguments: [] } }],
    ["_meta that is no object", old, { ...message, params: { ...params, _meta: [] } }],
    ["a progress token that is no token", modern, withMeta({ progressToken: {} })],
    ["a level of logging", modern, withMeta({ "io.modelcontextprotocol/logLevel": "debug" })],
    ["an envelope without its header", accepting, modernMessage],
    ["a header without its envelope", modern, message],
    ["another method in the header", { ...modern, "mcp-method": "tools/list" }, modernMessage],
    ["another tool in the header", { ...modern, "mcp-name": "slow" }, modernMessage],
    ["another revision in the envelope", modern, withMeta({ "io.modelcontextprotocol/protocolVersion": "2025-11-25" })],
    ["a client that is none", modern, withMeta({ "io.modelcontextprotocol/clientInfo": { name: 1 } })],
    ["capabilities that are none", modern, withMeta({ "io.modelcontextprotocol/clientCapabilities": "all" })],
    ["no capabilities", modern, withMeta({ "io.modelcontextprotocol/clientCapabilities": undefined })],
    ["an unknown revision", { ...old, "mcp-protocol-version": "2024-01-01" }, message],
    ["a client that takes no JSON", { ...old, accept: "text/event-stream" }, message],
  ])("%s", (_, headers, body) => {
    expect(readPlainCall(headers, JSON.parse(JSON.stringify(body)))).toBeUndefined();
  });
});

let endpoint: RunningEndpoint;
beforeAll(async () => {
  endpoint = await startEndpoint();
});
afterAll(() => endpoint[Symbol.asyncDispose]());

function post(headers: Record<string, string>, body: unknown): Promise<Response> {
  return fetch(endpoint.url, { method: "POST", headers, body: JSON.stringify(body) });
}

async function openSession(): Promise<string> {
  const capabilities = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "raw", version: "1" } };
  const opened = await post(old, { jsonrpc: "2.0", id: 0, method: "initialize", params: capabilities });
  await opened.text();
  return opened.headers.get("mcp-session-id") ?? expect.fail("no session");
}

/** The JSON-RPC message of an answer, whether it comes alone or in a stream; incident numbers are never the same. */
async function messageIn(response: Response): Promise<unknown> {
  const text = (await response.text()).replace(/incident number [\da-f-]+/, "incident number");
  return JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? text);
}

describe.each(["echo", "failing", "broken", "guarded", "unheard"])("a call of %s", (name) => {
  test("of 2026 is answered as the SDK answers it", async () => {
    const body = { ...modernMessage, params: { ...modernMessage.params, name } };
    const encoded = `=?base64?${Buffer.from(name).toString("base64")}?=`;
    const plain = { ...modern, "mcp-name": name };
    const left = { ...modern, "mcp-name": encoded };
    expect([readPlainCall(plain, body) !== undefined, readPlainCall(left, body)]).toEqual([true, undefined]);
    const [ours, theirs] = await Promise.all([post(plain, body), post(left, body)]);
    expect([ours.status, ours.headers.get("content-type")]).toEqual([
      theirs.status,
      theirs.headers.get("content-type"),
    ]);
    expect(await messageIn(ours)).toEqual(await messageIn(theirs));
  });

  test("of 2025 is answered as the SDK answers it", async () => {
    const headers = { ...old, "mcp-session-id": await openSession() };
    const body = { ...message, params: { ...params, name } };
    const ours = await post(headers, body);
    const theirs = await post(headers, { ...body, params: { ...body.params, extra: true } });
    expect([ours.status, ours.headers.get("mcp-session-id")]).toEqual([
      theirs.status,
      theirs.headers.get("mcp-session-id"),
    ]);
    expect(theirs.headers.get("content-type")).toBe("text/event-stream");
    expect(await messageIn(ours)).toEqual(await messageIn(theirs));
  });
});

test.each(["cancelled", "with its session ended"])("a call of 2025 that is %s ends without an answer", async (how) => {
  const headers = { ...old, "mcp-session-id": await openSession() };
  const label = `plain ${how}`;
  const [started, aborted] = [once(events, `started:${label}`), once(events, `aborted:${label}`)];
  const call = post(headers, { ...message, params: { name: "slow", arguments: { label } } });
  await started;
  if (how === "cancelled") {
    const other = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 8 } };
    await post(headers, other);
    await post(headers, { ...other, params: { requestId: 7 } });
  } else {
    await fetch(endpoint.url, { method: "DELETE", headers });
  }
  await aborted;
  const answer = await call;
  expect([answer.status, await answer.text()]).toEqual([202, ""]);
});
