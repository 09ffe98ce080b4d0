// What goes wrong between the gateway and the model, and what the client and the desk have of it.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createUpstream } from "../../gateway/upstream.ts";
import { inOrder, overloaded, type Reply, turn, use } from "../support/messages-api/script.ts";
import { MODEL_KEY } from "../support/messages-api/server.ts";
import { eventually } from "../support/processes.ts";
import { ask, type GatewayDesk, openGatewayDesk, request, texts } from "./desk.ts";

let desk: GatewayDesk;

beforeAll(async () => {
  desk = await openGatewayDesk(inOrder());
});
afterAll(() => desk[Symbol.asyncDispose]());
afterEach(() => {
  (desk.model.received as unknown[]).length = 0;
});

const read = () => use("handle_ticket", { ticket_id: "TKT-1001" });
const soon = { "retry-after-ms": "5" };
const refusal = (status: number, type: string, headers = {}): Reply => ({
  status,
  type,
  message: `no: ${type}`,
  headers,
});

/** One turn without another try, of an impatient client. */
function turnOf(options: { baseUrl?: string }) {
  const settings = {
    apiKey: MODEL_KEY,
    baseUrl: desk.model.url,
    maxRetries: 0,
    stallMs: 1_000,
    log: () => {},
    ...options,
  };
  const conversation = [{ role: "user" as const, content: "Hello" }];
  const signal = new AbortController().signal;
  return createUpstream(settings).turn({ model: "m", max_tokens: 1 }, conversation, {
    signal,
    headers: {},
    onEvent: () => false,
  });
}

describe("a failure that passes is waited for", () => {
  it.each([
    ["overload (529)", { ...overloaded, headers: soon }],
    ["a rate limit (429) with retry-after", refusal(429, "rate_limit_error", soon)],
    ["a server error (500)", refusal(500, "api_error", soon)],
    ["a lost connection", "cut" as const],
    ["an answer that is cut off midway", { ...turn("Half a", "sentence"), breaks: { after: 4, how: "cut" as const } }],
    ["a stream that ends in the middle", { ...turn("Half a", "sentence"), breaks: { after: 5, how: "end" as const } }],
    ["an event that is no JSON", { ...turn("Half"), breaks: { after: 3, how: "malformed" as const } }],
    ["overload in the middle", { ...turn("Half"), breaks: { after: 3, how: { error: "overloaded_error" } } }],
  ])("%s", async (_, failure) => {
    desk.model.script = inOrder(turn(read()), failure, turn("Done."));
    expect(texts(await ask(desk))).toEqual(["Done."]);
    expect(desk.model.received).toHaveLength(3);
  });
});

describe("a failure that stays is told with its status and type", () => {
  it.each([
    [
      "a rate limit that asks for long patience",
      refusal(429, "rate_limit_error", { "retry-after": "3600" }),
      429,
      "rate_limit_error",
    ],
    ["a model that does not exist", refusal(404, "not_found_error"), 404, "not_found_error"],
    ["a request that the API refuses", refusal(400, "invalid_request_error"), 400, "invalid_request_error"],
    ["a request that is too large", refusal(413, "request_too_large"), 413, "request_too_large"],
  ])("%s", async (_, failure, status, type) => {
    desk.model.script = () => failure;
    const error = await ask(desk).catch((thrown) => thrown);
    expect(error).toMatchObject({ status, type, apiMessage: `no: ${type}`, requestID: expect.stringMatching(/^req_/) });
    expect(error.error.request_id).toBe(error.requestID);
    expect(error.headers.get("retry-after")).toBe(status === 429 ? "3600" : null);
    expect(desk.model.received).toHaveLength(1);
  });

  it("overload that does not pass, after several tries", async () => {
    desk.model.script = () => ({ ...overloaded, headers: soon });
    await expect(ask(desk)).rejects.toMatchObject({ status: 529, type: "overloaded_error" });
    expect(desk.model.received).toHaveLength(5);
  });

  it("a refused key as the desk's fault, never the client's, and the key is nowhere", async () => {
    desk.model.script = () => refusal(401, "authentication_error");
    const error = await ask(desk).catch((thrown) => thrown);
    expect(error).toMatchObject({
      status: 503,
      type: "api_error",
      apiMessage: expect.stringContaining("CLAUDE_API_KEY"),
    });
    expect(error.headers.get("x-should-retry")).toBe("false");
    expect(JSON.stringify([error.error, [...error.headers], desk.logged])).not.toContain(MODEL_KEY);
  });

  it.each([
    ["cannot be reached", "http://127.0.0.1:9", { status: 502, type: "api_error" }],
    ["never answers", undefined, { status: 504, type: "timeout_error" }],
  ])("an API that %s", async (_, baseUrl, failure) => {
    desk.model.script = () => "hang";
    await expect(turnOf({ baseUrl: baseUrl ?? desk.model.url })).rejects.toMatchObject({ failure });
  });

  it("an API that falls silent in the middle", async () => {
    desk.model.script = () => ({ ...turn("Half a sentence"), breaks: { after: 4, how: "hang" } });
    await expect(turnOf({})).rejects.toMatchObject({ failure: { status: 502 } });
  });
});

describe("a client that hangs up", () => {
  it("cancels the model", async () => {
    desk.model.script = () => "hang";
    const hangUp = new AbortController();
    const asked = ask(desk, {}, { signal: hangUp.signal }).catch(() => "gone");
    const first = await eventually(async () => desk.model.received[0]);
    hangUp.abort();
    expect(await asked).toBe("gone");
    await first.hungUp;
  });

  it("cancels the model in the middle of a stream", async () => {
    desk.model.script = () => ({ ...turn("Word by word"), breaks: { after: 4, how: "hang" } });
    const stream = desk.client.messages.stream(request());
    const { promise: heard, resolve } = Promise.withResolvers<void>();
    stream.on("text", () => resolve());
    stream.finalMessage().catch(() => {});
    await heard;
    stream.abort();
    await desk.model.received[0]?.hungUp;
  });
});

it("a stopping desk ends its runs and tells the client to come again", async () => {
  const stopping = await openGatewayDesk(() => "hang");
  const asked = ask(stopping).catch((thrown) => thrown);
  await eventually(async () => stopping.model.received[0]);
  await stopping[Symbol.asyncDispose]();
  const error = await asked;
  expect(error).toMatchObject({ status: 503, apiMessage: expect.stringContaining("stopping") });
  expect(error.headers.get("retry-after")).toBe("2");
});
