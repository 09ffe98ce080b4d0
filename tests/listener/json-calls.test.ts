// A call in JSON that is posted passes by Connect's handler; one by GET does not. Nobody can tell.
import { request } from "node:http";
import type { DescService } from "@bufbuild/protobuf";
import { Code, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bindService } from "../../runtime/calls/service.ts";
import { failForNow } from "../../runtime/errors.ts";
import type { Listener } from "../../runtime/http/listener.ts";
import { type Answer, EchoService, http1, listenForTest, versions, type Words } from "./fixture.ts";

const ECHO = "/deskwire.test.v1.EchoService/Echo";
const JSON_TYPE = { "content-type": "application/json" };

let listener: Listener;
let last: HandlerContext;
const began = Promise.withResolvers<void>();
const aborted = Promise.withResolvers<void>();

const untilAborted = ({ signal }: HandlerContext) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
    if (signal.aborted) reject(signal.reason);
  });

async function echo({ text }: Words, context: HandlerContext) {
  last = context;
  if (text === "headers") {
    context.responseHeader.set("deskwire-replayed", "true");
    context.responseTrailer.set("pieces", "2");
  }
  if (text === "busy") throw failForNow(Code.ResourceExhausted, "SERVICE_BUSY", `${"Later. ".repeat(300)}`, 2_000);
  if (text === "bug") throw new TypeError("nobody's business");
  if (text === "late") return untilAborted(context);
  if (text === "left") {
    began.resolve();
    await untilAborted(context).catch(() => aborted.resolve());
  }
  return { text: text === "long" ? "ü".repeat(2_000) : text };
}

beforeAll(async () => {
  const methods = { echo, hold: echo, repeat: echo, collect: echo } as unknown as ServiceImpl<DescService>;
  listener = await listenForTest({ services: [bindService(EchoService, methods, () => {})], maxMessageBytes: 10_000 });
});
afterAll(() => listener.close());

type Headers = Record<string, string>;
const words = (text: string) => JSON.stringify({ text });

const requests: [name: string, body: string, headers?: Headers][] = [
  ["an answer", words("grüezi")],
  ["a charset", words("x"), { "content-type": "application/json; charset=utf-8" }],
  ["headers and trailers of the method", words("headers")],
  ["a long answer", words("long")],
  ["a long answer for who takes gzip", words("long"), { "accept-encoding": "deflate, gzip" }],
  ["a short answer for who takes gzip", words("x"), { "accept-encoding": "gzip" }],
  ["a web page", words("x"), { origin: "https://buf.build" }],
  ["an error with a header and too long a message", words("busy")],
  ["an error for who takes gzip", words("busy"), { "accept-encoding": "gzip" }],
  ["a deadline that passes", words("late"), { "connect-timeout-ms": "20" }],
  ["a deadline that is none", words("x"), { "connect-timeout-ms": "soon" }],
  ["a deadline that is too far away", words("x"), { "connect-timeout-ms": "4000000" }],
  ["an unknown field", JSON.stringify({ text: "x", colour: "red" })],
  ["an unknown name of an enum", JSON.stringify({ tone: "TONE_SHRILL" })],
  ["half a document", '{"text": '],
  ["a mark of byte order", `\ufeff${words("x")}`],
];

/** All but the moment. */
const stable = ({ status, headers: { date: _, ...headers }, text }: Answer) => ({ status, headers, text });

describe.each(versions)("over %s, the same as by Connect's handler:", (version, send) => {
  const both = async (body: string, more: Headers = {}) => {
    const post = { method: "POST", path: ECHO, headers: { ...JSON_TYPE, ...more }, body };
    const short = await send(listener.port, post);
    const shortUrl = last?.url;
    const inPieces = version === "h2c" ? {} : { "transfer-encoding": "chunked" };
    const pieces = await send(listener.port, { ...post, headers: { ...post.headers, ...inPieces } });
    expect(pieces.text.length).toBe(short.text.length);
    const path = `${ECHO}?connect=v1&encoding=json&message=${encodeURIComponent(body)}`;
    const long = await send(listener.port, { path, headers: more });
    return { short, long, urls: [shortUrl, last?.url] };
  };

  test.each(requests)("%s", async (_, body, headers) => {
    const { short, long } = await both(body, headers);
    expect(stable(short)).toEqual(stable(long));
  });

  test("what went wrong inside, but for the number of the incident", async () => {
    const { short, long } = await both(words("bug"));
    const incident = /[0-9a-f-]{36}/g;
    const masked = ({ status, text }: Answer) => {
      const { code, message } = JSON.parse(text);
      return { status, code, message: message.replace(incident, "…") };
    };
    expect(masked(short)).toEqual(masked(long));
    expect(masked(short)).toMatchObject({ status: 500, code: "internal" });
    expect(short.text).not.toContain("business");
  });

  test("and one of them does pass by it", async () => {
    expect((await both(words("x"))).urls).toEqual([ECHO, expect.stringMatching(/^http:.*Echo\?connect/)]);
  });
});

test.each(versions)("what is not in UTF-8 is refused, and nothing put in its place, over %s", async (_, send) => {
  const body = Buffer.from(words("gr\xfcezi"), "latin1");
  const { status, text } = await send(listener.port, { method: "POST", path: ECHO, headers: JSON_TYPE, body });
  expect([status, JSON.parse(text)]).toMatchObject([400, { code: "invalid_argument" }]);
  expect(text).toContain("UTF-8");
});

test("what turns out too long is refused before its end, and the next request is served", async () => {
  const headers = { ...JSON_TYPE, "transfer-encoding": "chunked" };
  const answer = await http1(listener.port, { method: "POST", path: ECHO, headers, body: words("x".repeat(20_000)) });
  expect([answer.status, JSON.parse(answer.text).code]).toEqual([429, "resource_exhausted"]);
  expect(JSON.parse(answer.text).message).toContain("10000 are the most");
  const next = await http1(listener.port, { method: "POST", path: ECHO, headers: JSON_TYPE, body: words("x") });
  expect(next.text).toBe(words("x"));
});

test("a caller who leaves ends the call", async () => {
  const options = { port: listener.port, host: "127.0.0.1", method: "POST", path: ECHO, headers: JSON_TYPE };
  const leaving = request(options).on("error", () => {});
  leaving.end(words("left"));
  await began.promise;
  leaving.destroy();
  await aborted.promise;
});
