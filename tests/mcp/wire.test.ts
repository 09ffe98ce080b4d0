// The HTTP and JSON-RPC of the endpoint, byte by byte where clients never go.

import { once } from "node:events";
import { request } from "node:http";
import { connect as connectHttp2, createServer as createHttp2 } from "node:http2";
import type { AddressInfo } from "node:net";
import { Code, ConnectError } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createMcpEndpoint } from "../../adapter/server/mcp-http.ts";
import { createMcpServers } from "../../adapter/server/mcp-server.ts";
import { eventually } from "../support/processes.ts";
import { events, fixtureCatalog } from "./fixture-catalog.ts";
import { connect, type RunningEndpoint, startEndpoint } from "./servers.ts";

const ACCEPT = "application/json, text/event-stream";
const envelope = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "raw", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

function post(url: URL, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const text = typeof body === "string" || body instanceof Buffer ? body : JSON.stringify(body);
  const all = { "content-type": "application/json", accept: ACCEPT, ...headers };
  return fetch(url, { method: "POST", headers: all, body: text });
}

function modern(url: URL, method: string, params: Record<string, unknown> = {}, headers: Record<string, string> = {}) {
  const name = params.name ?? params.uri;
  return post(
    url,
    { jsonrpc: "2.0", id: 7, method, params: { ...params, _meta: envelope } },
    {
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": method,
      ...(typeof name === "string" && { "mcp-name": name }),
      ...headers,
    },
  );
}

const initialize = {
  jsonrpc: "2.0",
  id: 0,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "raw", version: "1" } },
};

async function openSession(url: URL, headers: Record<string, string> = {}): Promise<Record<string, string>> {
  const response = await post(url, initialize, headers);
  await response.text();
  return { ...headers, "mcp-session-id": response.headers.get("mcp-session-id") ?? "" };
}

const listTools = { jsonrpc: "2.0", id: 1, method: "tools/list" };

describe("the endpoint", () => {
  let endpoint: RunningEndpoint;
  let url: URL;

  beforeAll(async () => {
    endpoint = await startEndpoint({ maxBodyBytes: 10_000 });
    url = endpoint.url;
  });
  afterAll(() => endpoint[Symbol.asyncDispose]());

  test.each([
    ["JSON that does not parse", '{"jsonrpc":', 400, -32700],
    ["JSON that is not in UTF-8", Buffer.from('{"jsonrpc":"\xe9"}', "latin1"), 400, -32700],
    ["JSON that is nested without end", "[".repeat(4_000) + "]".repeat(4_000), 400, -32600],
    ["an empty body", "", 400, -32700],
    ["JSON that is no JSON-RPC, in a new connection", "[]", 400, -32600],
    ["a request before any session", JSON.stringify(listTools), 400, -32000],
  ])("refuses %s", async (_, body, status, code) => {
    const response = await post(url, body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ jsonrpc: "2.0", error: { code } });
  });

  test("opens no session for a client that says more of itself than is worth keeping", async () => {
    await using roomy = await startEndpoint();
    const named = (length: number) => {
      const clientInfo = { name: "x".repeat(length), version: "1" };
      return post(roomy.url, { ...initialize, params: { ...initialize.params, clientInfo } });
    };
    const refused = await named(17_000);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: { code: -32600 } });
    const taken = await named(1_000);
    expect(taken.headers.get("mcp-session-id")).not.toBeNull();
    await taken.text();
  });

  test.each(["PUT", "OPTIONS", "TRACE"])("refuses %s and says what there is", async (method) => {
    const asked = request(url, { method }).end();
    const [response] = await once(asked, "response");
    expect([response.statusCode, response.headers.allow]).toEqual([405, "POST, GET, DELETE"]);
    response.resume();
  });

  test("refuses another media type", async () => {
    const response = await post(url, listTools, { "content-type": "text/plain" });
    expect(response.status).toBe(415);
  });

  test("refuses a body over the limit that is announced", async () => {
    const response = await post(url, "x".repeat(10_001));
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining("10000 bytes") } });
  });

  test("refuses a body over the limit that comes in chunks", async () => {
    const upload = request(url, { method: "POST", headers: { "content-type": "application/json", accept: ACCEPT } });
    const answered = once(upload, "response");
    for (let sent = 0; sent < 4; sent++) upload.write("x".repeat(5_000));
    const [response] = await answered;
    expect(response.statusCode).toBe(413);
    upload.destroy();
  });

  test("discovers, lists and says how long a list holds, with one plain JSON answer and no session", async () => {
    const discovered = await modern(url, "server/discover");
    expect(discovered.headers.get("mcp-session-id")).toBeNull();
    expect(await discovered.json()).toMatchObject({
      id: 7,
      result: { supportedVersions: ["2026-07-28"], ttlMs: 300_000, cacheScope: "private" },
    });
    for (const method of ["tools/list", "resources/list", "resources/templates/list", "prompts/list"]) {
      const response = await modern(url, method);
      expect(response.headers.get("content-type")).toBe("application/json");
      expect(await response.json()).toMatchObject({ result: { ttlMs: 300_000, cacheScope: "private" } });
    }
  });

  test("answers an unknown method with 404 and -32601, and the request's id", async () => {
    const response = await modern(url, "no/such");
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ id: 7, error: { code: -32601 } });
  });

  test("names a tool that it does not know no longer than anybody reads", async () => {
    const response = await modern(url, "tools/call", { name: "x".repeat(4_000), arguments: {} });
    const { error } = (await response.json()) as { error: { code: number; message: string } };
    expect(error.code).toBe(-32602);
    expect(error.message.length).toBeLessThan(1_001);
  });

  test("refuses a cursor, since lists come whole", async () => {
    const response = await modern(url, "tools/list", { cursor: "x" });
    expect(await response.json()).toMatchObject({ error: { code: -32602 } });
  });

  test("ends a session on DELETE and then does not know it", async () => {
    const headers = await openSession(url);
    expect((await fetch(url, { method: "DELETE", headers })).status).toBe(200);
    const response = await post(url, listTools, headers);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: -32001 } });
  });

  test("gives a client that lost its event stream a new one at once", async () => {
    const headers = { ...(await openSession(url)), accept: "text/event-stream" };
    const lost = new AbortController();
    expect((await fetch(url, { headers, signal: lost.signal })).status).toBe(200);
    expect((await fetch(url, { headers })).status).toBe(409);
    lost.abort();
    await eventually(async () => {
      const again = await fetch(url, { headers });
      await again.body?.cancel();
      return again.status === 200;
    });
  });

  test("aborts a call of 2026-07-28 whose client hangs up before the first byte", async () => {
    const aborted = once(events, "aborted:raw hang-up");
    const started = once(events, "started:raw hang-up");
    const hangUp = new AbortController();
    const params = { name: "slow", arguments: { label: "raw hang-up" }, _meta: envelope };
    const headers = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "slow" };
    const call = fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", accept: ACCEPT, ...headers },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }),
      signal: hangUp.signal,
    }).catch(() => {});
    await started;
    hangUp.abort();
    await aborted;
    await call;
  });
});

/** Asking keeps a session alive, so it is asked for more seldom than it would end. */
const untilEnded = (url: URL, session: Record<string, string>) =>
  vi.waitFor(async () => expect((await post(url, listTools, session)).status).toBe(404), {
    interval: 100,
    timeout: 30_000,
  });

test("a session that nobody uses ends", async () => {
  await using endpoint = await startEndpoint({ sessionIdleMs: 20 });
  await untilEnded(endpoint.url, await openSession(endpoint.url));
});

test("a session with an open request does not end for idleness", async () => {
  await using endpoint = await startEndpoint({ sessionIdleMs: 20 });
  // It may have ended before the request came.
  const { headers, stream } = await eventually(async () => {
    const headers = await openSession(endpoint.url);
    const stream = await fetch(endpoint.url, { headers: { ...headers, accept: "text/event-stream" } });
    return stream.ok && { headers, stream };
  });
  await untilEnded(endpoint.url, await openSession(endpoint.url));
  const response = await post(endpoint.url, listTools, headers);
  expect(response.status).toBe(200);
  await Promise.all([response.text(), stream.body?.cancel()]);
});

test("too many sessions cost whoever holds the most its oldest one", async () => {
  const identify = async ({ headers }: { headers: NodeJS.Dict<string | string[]> }) => ({
    principal: `${headers["x-who"]}`,
  });
  await using endpoint = await startEndpoint({ maxSessions: 3, identify });
  const { url } = endpoint;
  const modest = await openSession(url, { "x-who": "modest" });
  const greedy = [];
  for (let i = 0; i < 3; i++) greedy.push(await openSession(url, { "x-who": "greedy" }));
  const statuses = [];
  for (const headers of [modest, ...greedy]) {
    const response = await post(url, listTools, headers);
    await response.text();
    statuses.push(response.status);
  }
  expect(statuses).toEqual([200, 404, 200, 200]);
});

test("a caller who is not made out is refused before the body is read", async () => {
  const identify = async () => {
    throw new ConnectError("Sign in first.", Code.Unauthenticated, { "www-authenticate": 'Bearer realm="desk"' });
  };
  await using endpoint = await startEndpoint({ identify });
  const response = await post(endpoint.url, "not even JSON");
  expect(response.status).toBe(401);
  expect(response.headers.get("www-authenticate")).toBe('Bearer realm="desk"');
  expect(await response.json()).toMatchObject({ error: { message: "Sign in first." } });
});

test("a header with credentials cannot be forwarded", () => {
  const info = { name: "x", version: "1" };
  const create = () => createMcpServers({ catalog: fixtureCatalog, info, forwardHeaders: ["Authorization"] });
  expect(create).toThrow(TypeError);
});

test("the endpoint works over HTTP/2 as well", async () => {
  const endpoint = createMcpEndpoint({
    catalog: fixtureCatalog,
    info: { name: "fixture", version: "1" },
    log: () => {},
  });
  const warned = vi.fn();
  process.on("warning", warned);
  const server = createHttp2(endpoint.handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const params = { name: "progress", arguments: {}, _meta: { ...envelope, progressToken: "p" } };
  const stream = client.request({
    ":method": "POST",
    ":path": "/mcp",
    "content-type": "application/json",
    accept: ACCEPT,
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "tools/call",
    "mcp-name": "progress",
  });
  stream.end(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }));
  const frames = (await stream.setEncoding("utf8").toArray()).join("").split("\n\n");
  expect(frames.filter((frame) => frame.includes("notifications/progress"))).toHaveLength(3);
  expect(frames.filter((frame) => frame.includes('"result"'))).toHaveLength(1);
  client.close();
  await endpoint.close();
  await new Promise((resolve) => server.close(resolve));
  process.off("warning", warned);
  expect(warned).not.toHaveBeenCalled();
});

test("closing the endpoint ends the calls of both eras", async () => {
  const endpoint = await startEndpoint();
  const clients = await Promise.all([connect(endpoint.url, "2026-07-28"), connect(endpoint.url, "2025-11-25")]);
  const aborted = Promise.all([once(events, "aborted:close 0"), once(events, "aborted:close 1")]);
  const calls = clients.map(async (client, i) => {
    const started = once(events, `started:close ${i}`);
    const call = client.call("slow", { label: `close ${i}` }).catch(() => {});
    await started;
    return { call };
  });
  const running = await Promise.all(calls);
  await endpoint.close();
  await aborted;
  await endpoint[Symbol.asyncDispose]();
  await Promise.all(clients.map((client) => client.close()));
  await Promise.all(running.map(({ call }) => call));
});
