// What the gateway takes, and how it refuses the rest: the API's statuses, types and headers, and words that help.

import { once } from "node:events";
import { request } from "node:http";
import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fail } from "../../runtime/errors.ts";
import { inOrder, type MessagesRequest, turn } from "../support/messages-api/script.ts";
import { ASK, ask, type GatewayDesk, openGatewayDesk, texts } from "./desk.ts";

let desk: GatewayDesk;
let seen: MessagesRequest;

beforeAll(async () => {
  desk = await openGatewayDesk((request) => {
    seen = request;
    return turn("Yes.");
  });
});
afterAll(() => desk[Symbol.asyncDispose]());

interface Post {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends something raw; what is answered, with its status. */
async function post({ method = "POST", body = { messages: [ASK] }, headers = {} }: Post) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(`${desk.url}/v1/messages`, {
    method,
    headers: { "content-type": "application/json", ...headers },
    ...(method === "POST" && { body: text }),
  });
  const json = (await response.json()) as {
    type: string;
    error?: { type: string; message: string };
    request_id?: string;
  };
  return { status: response.status, headers: response.headers, json };
}

describe("a request", () => {
  it("needs nothing but messages: the model is the desk's own, max_tokens the usual", async () => {
    const { status, headers } = await post({});
    expect(status).toBe(200);
    expect(headers.get("request-id")).toMatch(/^req_[0-9a-f]{24}$/);
    expect(seen).toMatchObject({ model: "claude-sonnet-5-5", max_tokens: 4096 });
  });

  it("may name any model; the lab's stands for a current one", async () => {
    await post({ body: { messages: [ASK], model: "claude-haiku-5-5", max_tokens: 7 } });
    expect(seen).toMatchObject({ model: "claude-haiku-5-5", max_tokens: 7 });
    await post({ body: { messages: [ASK], model: "claude-3-opus-20240229" } });
    expect(seen.model).toBe("claude-opus-5-5");
  });

  it("of an older version of the API goes on as such, with what only that version takes", async () => {
    const body = { messages: [ASK], temperature: 0.2 };
    expect((await post({ body, headers: { "anthropic-version": "2023-06-01" } })).status).toBe(200);
    expect(seen).toMatchObject({ temperature: 0.2 });
    const { status, json } = await post({ body });
    expect([status, json.error?.message]).toEqual([400, "temperature: Extra inputs are not permitted"]);
  });

  it("passes on what the gateway does not know, and keeps to itself what is for the gateway", async () => {
    const metadata = { user_id: "u1", ticket_id: "TKT-1002" };
    await post({ body: { messages: [ASK], metadata, thinking: { type: "adaptive" }, stop_sequences: ["END"] } });
    expect(seen).toMatchObject({
      metadata: { user_id: "u1" },
      thinking: { type: "adaptive" },
      stop_sequences: ["END"],
    });
  });

  it.each([
    [{ body: "{" }, 400, "The body is not JSON"],
    [{ body: [] }, 400, "The body must be a JSON object with messages."],
    [{ body: {} }, 400, "messages: is needed"],
    [{ body: { messages: [] } }, 400, "messages: is needed"],
    [{ body: { messages: [{ role: "model", content: "x" }] } }, 400, "messages.0.role: must be user or assistant"],
    [{ body: { messages: [{ role: "user", content: 5 }] } }, 400, "messages.0.content: must be a string or a list"],
    [{ body: { messages: [{ role: "user", content: ["x"] }] } }, 400, "messages.0.content.0: must be a content block"],
    [{ body: { messages: [ASK], max_tokens: "many" } }, 400, "max_tokens: must be a whole number"],
    [{ body: { messages: [ASK], stream: "yes" } }, 400, "stream: must be true or false"],
    [{ body: { messages: [ASK], tools: {} } }, 400, "tools: must be a list"],
    [{ body: { messages: [ASK], system: 1 } }, 400, "system: must be a string or a list"],
    [{ body: { messages: [ASK], metadata: { ticket_id: "1001" } } }, 400, "metadata.ticket_id: must be a ticket"],
    [{ headers: { "deskwire-ticket": "TKT-1" } }, 400, "header deskwire-ticket: must be a ticket"],
    [{ headers: { "anthropic-version": "latest" } }, 400, "anthropic-version: must be a date"],
    [{ headers: { "content-type": "text/plain" } }, 415, "content-type: application/json"],
    [{ method: "GET" }, 405, "Send a POST"],
    [{ headers: { origin: "https://evil.example" } }, 403, "may not call this server"],
  ])("%j is refused with status %i", async (sent, status, words) => {
    const answer = await post(sent);
    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer.json)).toContain(words);
    if (status === 403) return;
    expect(answer.json).toMatchObject({
      type: "error",
      error: { type: "invalid_request_error" },
      request_id: answer.headers.get("request-id"),
    });
    expect(answer.headers.get("allow")).toBe(status === 405 ? "POST" : null);
  });

  it("of a method that the web's own Request cannot have is refused like any other", async () => {
    const [answer] = await once(request(`${desk.url}/v1/messages`, { method: "TRACE" }).end(), "response");
    answer.resume();
    expect([answer.statusCode, answer.headers.allow]).toEqual([405, "POST"]);
  });

  it("that is too long is refused before it is read", async () => {
    const { status, json } = await post({
      body: { messages: [{ role: "user", content: "x".repeat(32 * 1024 * 1024) }] },
    });
    expect([status, json.error?.type]).toEqual([413, "request_too_large"]);
  });
});

it("a web page that the desk allows may ask, with the headers that the SDK sends from a browser", async () => {
  const sent =
    "anthropic-version,anthropic-dangerous-direct-browser-access,x-api-key,x-stainless-retry-count,x-stainless-os";
  const response = await fetch(`${desk.url}/v1/messages`, {
    method: "OPTIONS",
    headers: {
      ...{ origin: "https://buf.build", "access-control-request-method": "POST" },
      "access-control-request-headers": sent,
    },
  });
  const allowed = response.headers.get("access-control-allow-headers")?.toLowerCase().split(", ");
  expect(allowed).toEqual(expect.arrayContaining(sent.split(",")));
});

describe("a caller", () => {
  it("is made out by whoever guards the desk, and refused as the API refuses", async () => {
    const refusals: Record<string, Code> = { wrong: Code.Unauthenticated, poor: Code.PermissionDenied };
    await using guarded = await openGatewayDesk(inOrder(turn("Welcome.")), {
      async identify({ headers }) {
        const key = String(headers["x-api-key"] ?? headers.authorization?.replace("Bearer ", ""));
        const code = refusals[key];
        if (code !== undefined) throw fail(code, "TOKEN_INVALID", "The key is not accepted.");
        return { principal: key };
      },
    });
    const as = (apiKey: string) => ({ ...guarded, client: guarded.client.withOptions({ apiKey }) });
    await expect(ask(as("wrong"))).rejects.toMatchObject({ status: 401, type: "authentication_error" });
    await expect(ask(as("poor"))).rejects.toMatchObject({ status: 403, type: "permission_error" });
    expect(guarded.model.received).toEqual([]);
    expect(texts(await ask(as("good")))).toEqual(["Welcome."]);
  });
});

it("without a key for the model the gateway says what to set, and the SDK does not try again", async () => {
  await using mute = await openGatewayDesk(inOrder(), { environment: { CLAUDE_API_KEY: "" } });
  const error = await ask({ ...mute, client: mute.client.withOptions({ maxRetries: 2 }) }).catch((thrown) => thrown);
  expect(error).toMatchObject({
    status: 503,
    type: "api_error",
    apiMessage: expect.stringContaining("Set CLAUDE_API_KEY (or ANTHROPIC_API_KEY)"),
  });
  expect(error.headers.get("x-should-retry")).toBe("false");
});
