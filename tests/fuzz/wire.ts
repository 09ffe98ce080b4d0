// Every way into the services, as raw bytes: what a client library would refuse to send has to get through.

import { once } from "node:events";
import { Agent, request as requestHttp1 } from "node:http";
import { type ClientHttp2Session, connect as connectHttp2, constants } from "node:http2";
import { gunzipSync, gzipSync } from "node:zlib";
import { type DescMessage, type DescMethod, fromJson, toBinary } from "@bufbuild/protobuf";
import type { JsonObject } from "../../adapter/catalog.ts";
import type { Random } from "./random.ts";
import { messageJson, mutate } from "./values.ts";

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly version: "h1" | "h2";
  readonly method: "POST" | "GET";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What came back. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly trailers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

/** How long a stream may last; other calls have more. */
const STREAM_MS = 60;
const CALL_MS = 8_000;

const path = (method: DescMethod) => `/${method.parent.typeName}/${method.name}`;
const isStream = (method: DescMethod) => method.methodKind !== "unary";

function jsonBody(random: Random, desc: DescMessage): Buffer {
  const bytes = Buffer.from(JSON.stringify(messageJson(random, desc)));
  return random.chance(0.2) ? mutate(random, bytes) : bytes;
}

function toBinaryOrUndefined(desc: DescMessage, json: JsonObject): Uint8Array | undefined {
  try {
    return toBinary(desc, fromJson(desc, json as never, { ignoreUnknownFields: true }));
  } catch {
    return undefined;
  }
}

function binaryBody(random: Random, desc: DescMessage): Buffer {
  for (let tries = 0; tries < 10; tries++) {
    const bytes = toBinaryOrUndefined(desc, messageJson(random, desc));
    if (bytes) return random.chance(0.5) ? mutate(random, bytes) : Buffer.from(bytes);
  }
  return random.bytes(random.below(200));
}

function envelope(flags: number, data: Buffer, length = data.length): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, data]);
}

function framed(random: Random, method: DescMethod, message: () => Buffer): Buffer {
  const count = isStream(method) ? 1 + random.below(4) : 1;
  const frames = Array.from({ length: count }, () => envelope(0, message()));
  if (!random.chance(0.12)) return Buffer.concat(frames);
  const [first = Buffer.alloc(0)] = frames;
  return random.pick([
    () => Buffer.alloc(0),
    () => first.subarray(0, random.below(first.length)),
    () => Buffer.concat([first, first]),
    () => Buffer.concat([first, random.bytes(3)]),
    () => envelope(random.pick([1, 2, 3, 128, 255]), message()),
    () => envelope(0, message(), random.pick([0, 1, 2 ** 20, 2 ** 32 - 1])),
  ])();
}

/** The body as it was before it was compressed for the way. */
function plain(encoding: unknown, body: Buffer): Buffer {
  return encoding === "gzip" ? gunzipSync(body) : body;
}

type Way = (random: Random, method: DescMethod) => WireRequest | undefined;
const version = (random: Random) => random.pick(["h1", "h2"] as const);
const allowed = (method: DescMethod) => (isStream(method) ? STREAM_MS : CALL_MS);

function connectUnary(codec: "json" | "proto", body: typeof jsonBody): Way {
  return (random, method) => {
    if (isStream(method)) return undefined;
    const headers = { "content-type": `application/${codec}`, "connect-timeout-ms": String(allowed(method)) };
    return { version: version(random), method: "POST", path: path(method), headers, body: body(random, method.input) };
  };
}

function enveloped(
  type: string,
  body: typeof jsonBody,
  timeout: (ms: number) => Record<string, string>,
  h2 = false,
): Way {
  return (random, method) => {
    if (type.startsWith("application/connect") && !isStream(method)) return undefined;
    const headers = { "content-type": type, ...timeout(allowed(method)) };
    return {
      version: h2 ? "h2" : version(random),
      method: "POST",
      path: path(method),
      headers: h2 ? { ...headers, te: "trailers" } : headers,
      body: framed(random, method, () => body(random, method.input)),
    };
  };
}

const grpcTimeout = (ms: number) => ({ "grpc-timeout": `${ms}m` });
const connectTimeout = (ms: number) => ({ "connect-timeout-ms": String(ms) });

const connectGet: Way = (random, method) => {
  if (isStream(method) || !method.idempotency) return undefined;
  const base64 = random.chance(0.5);
  const json = random.chance(0.5);
  const message = json ? jsonBody(random, method.input) : binaryBody(random, method.input);
  const query = new URLSearchParams({
    connect: random.chance(0.9) ? "v1" : "v0",
    encoding: json ? "json" : random.pick(["proto", "xml"]),
    message: base64 || !json ? message.toString("base64url") : message.toString(),
    ...((base64 || !json) && { base64: "1" }),
  });
  const address = `${path(method)}?${query}`;
  // Longer addresses are refused by Node itself, as headers that are too large.
  if (address.length > 12_000) return undefined;
  return { version: version(random), method: "GET", path: address, headers: {}, body: Buffer.alloc(0) };
};

/** By name; undefined where a way is not for a method. */
export const WAYS: Readonly<Record<string, Way>> = {
  "Connect JSON": connectUnary("json", jsonBody),
  "Connect binary": connectUnary("proto", binaryBody),
  "Connect GET": connectGet,
  "Connect stream JSON": enveloped("application/connect+json", jsonBody, connectTimeout),
  "Connect stream binary": enveloped("application/connect+proto", binaryBody, connectTimeout),
  gRPC: enveloped("application/grpc+proto", binaryBody, grpcTimeout, true),
  "gRPC JSON": enveloped("application/grpc+json", jsonBody, grpcTimeout, true),
  "gRPC-Web": enveloped("application/grpc-web+proto", binaryBody, grpcTimeout),
  "gRPC-Web JSON": enveloped("application/grpc-web+json", jsonBody, grpcTimeout),
};

const ODD_HEADERS: readonly Readonly<Record<string, string>>[] = [
  { "grpc-timeout": "9".repeat(5_000), "connect-timeout-ms": "9".repeat(5_000) },
  { "grpc-timeout": "1e3m", "connect-timeout-ms": "1e3" },
  { traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01`, tracestate: "a=\xe9", baggage: `a=${"x".repeat(9_000)}` },
  { traceparent: "00-" },
  { "deskwire-ticket": "\xff" },
  { "deskwire-principal": "x".repeat(9_000), "deskwire-scopes": "", "deskwire-tool": "\xe9" },
  { "user-agent": "\xe9".repeat(4_000) },
];

function compressed(random: Random, body: Buffer): Buffer {
  const whole = gzipSync(body);
  return random.pick([whole, body, whole.subarray(0, random.below(whole.length)), mutate(random, whole)]);
}

/** Makes some requests odd besides: by headers that clients make up, or by a body that is compressed, or only said to be. */
export function odd(random: Random, request: WireRequest): WireRequest {
  const { headers, body, method } = request;
  if (random.chance(0.9)) return request;
  if (random.chance(0.5)) return { ...request, headers: { ...headers, ...random.pick(ODD_HEADERS) } };
  const ofMessages = /grpc|connect\+/.test(headers["content-type"] ?? "");
  if (method === "GET" || ofMessages) return request;
  return { ...request, headers: { ...headers, "content-encoding": "gzip" }, body: compressed(random, body) };
}

/** With the 10 of Node's own, a client that has a larger request on its way refuses every answer, to this one and all that follow. */
const SESSION_MEGABYTES = 256;

/** Sends raw requests to one port. */
export class Wire implements Disposable {
  readonly #url: URL;
  readonly #agent = new Agent({ keepAlive: true });
  #session: ClientHttp2Session | undefined;

  constructor(url: string) {
    this.#url = new URL(url);
  }

  /** @throws Error when there is no whole answer within `withinMs` */
  async send(request: WireRequest, withinMs = 15_000): Promise<WireAnswer> {
    const signal = AbortSignal.timeout(withinMs);
    return request.version === "h1" ? this.#http1(request, signal) : this.#http2(request, signal);
  }

  async #http1({ method, path, headers, body }: WireRequest, signal: AbortSignal): Promise<WireAnswer> {
    const { hostname, port } = this.#url;
    const sent = requestHttp1({ hostname, port, method, path, headers, agent: this.#agent, signal });
    sent.end(body);
    const [answer] = await once(sent, "response").catch((error: NodeJS.ErrnoException) => {
      // A server may close a connection between two requests, and the client is to open another (RFC 9112, section 9.3.1).
      if (error.code === "ECONNRESET" && sent.reusedSocket) return [];
      throw error;
    });
    if (!answer) return this.#http1({ version: "h1", method, path, headers, body }, signal);
    const chunks: Buffer[] = await answer.toArray();
    const { statusCode: status, trailers } = answer;
    const told = plain(answer.headers["content-encoding"], Buffer.concat(chunks));
    return { status, headers: answer.headers, trailers, body: told };
  }

  async #http2({ method, path, headers, body }: WireRequest, signal: AbortSignal): Promise<WireAnswer> {
    if (!this.#session || this.#session.destroyed || this.#session.closed) {
      this.#session = connectHttp2(this.#url.origin, { maxSessionMemory: SESSION_MEGABYTES }).on("error", () => {});
    }
    const stream = this.#session.request({ ":method": method, ":path": path, ...headers }, { signal });
    let trailers = {};
    stream.on("trailers", (received) => {
      trailers = received;
    });
    const response = once(stream, "response");
    if (method === "POST") stream.end(body);
    const [received] = await response;
    const chunks: Buffer[] = await stream.toArray();
    const status = Number(received[constants.HTTP2_HEADER_STATUS]);
    const told = plain(received["content-encoding"], Buffer.concat(chunks));
    return { status, headers: received, trailers, body: told };
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
    this.#session?.destroy();
  }
}
