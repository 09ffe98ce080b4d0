// Unary gRPC calls on the streams of HTTP/2, without the layers that streaming, compression and three protocols need: those stay
// with Connect.
import type { OutgoingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { parseTimeout, setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { tidy } from "../calls/connect-errors.ts";
import { LazyContext } from "../calls/lazy-context.ts";
import { assertSendable } from "../calls/message-size.ts";
import { CallLife, OpenCalls, type UnaryMethod, type UnaryOptions } from "../calls/unary.ts";
import { failLate } from "../errors.ts";
import type { Http2Exchange } from "../http/http-port.ts";
import { frameOf, malformed, UnaryBody } from "./frame.ts";

const CONTENT_TYPES = new Set(["application/grpc", "application/grpc+proto"]);
const RESPONSE: OutgoingHttpHeaders = { ":status": 200, "content-type": "application/grpc+proto" };
const TRAILERS: OutgoingHttpHeaders = { "grpc-status": "0" };
/** gRPC knows no date (gRPC over HTTP2, Response-Headers), which would be written, sent and read with every call. */
const HOW = { waitForTrailers: true, sendDate: false };

/** How requests in Protobuf are read. Without it, each field that nobody knows is kept, in a hundred times as many bytes. */
export const BINARY_REQUESTS = { readUnknownFields: false };

/** What serves a call; undefined where it is none of these. */
export type FindUnary = (exchange: Http2Exchange) => (() => void) | undefined;

/** Answers with an error in the form Trailers-Only: the stream ends with its headers. */
export function refuseCall(stream: ServerHttp2Stream, error: unknown): void {
  if (stream.destroyed || stream.closed) return;
  const told = ConnectError.from(error);
  tidy(told);
  const status = setTrailerStatus(new Headers(), told);
  stream.respond({ ...RESPONSE, ...Object.fromEntries(status) }, { endStream: true });
}

class Call {
  readonly #unary: UnaryMethod;
  readonly #maxMessageBytes: number;
  readonly #exchange: Http2Exchange;
  readonly #body: UnaryBody;
  readonly #life: CallLife;

  constructor(
    unary: UnaryMethod,
    exchange: Http2Exchange,
    { maxMessageBytes, maxTimeoutMs }: UnaryOptions,
    calls: OpenCalls,
  ) {
    this.#unary = unary;
    this.#maxMessageBytes = maxMessageBytes;
    this.#exchange = exchange;
    this.#body = new UnaryBody(maxMessageBytes);
    const { stream, headers } = exchange;
    const { timeoutMs, error } = parseTimeout(timeoutIn(headers), maxTimeoutMs);
    this.#life = new CallLife(calls, timeoutMs);
    stream.on("data", (chunk: Buffer) => this.#take(chunk));
    stream.once("end", () => void this.#answer());
    // Every stream closes; only that of a call without an answer was ended by its caller.
    stream.once("close", () => this.#life.hangUp());
    if (error) this.#refuse(error);
    else this.#life.whenLate(() => this.#refuse(failLate()));
  }

  #take(chunk: Buffer): void {
    if (this.#life.isOver) return;
    try {
      this.#body.push(chunk);
    } catch (error) {
      this.#refuse(error);
    }
  }

  async #answer(): Promise<void> {
    if (this.#life.isOver) return;
    const { method, path, call } = this.#unary;
    try {
      const context = new LazyContext({
        method,
        protocolName: "grpc",
        headers: this.#exchange.headers,
        signal: () => this.#life.signal(),
        deadline: this.#life.deadline,
        url: path,
      });
      const answer = create(method.output, await call(this.#read(), context));
      const message = toBinary(method.output, answer);
      assertSendable(message.length, this.#maxMessageBytes);
      this.#finish(frameOf(message), context);
    } catch (error) {
      this.#refuse(error);
    }
  }

  #read() {
    const bytes = this.#body.message();
    try {
      return fromBinary(this.#unary.method.input, bytes, BINARY_REQUESTS);
    } catch (error) {
      throw malformed((error as Error).message);
    }
  }

  #finish(frame: Buffer, { setHeaders, setTrailers }: LazyContext): void {
    const { stream } = this.#exchange;
    if (this.#life.isOver || stream.destroyed || stream.closed) return;
    stream.respond(setHeaders ? { ...RESPONSE, ...Object.fromEntries(setHeaders) } : RESPONSE, HOW);
    stream.once("wantTrailers", () => {
      stream.sendTrailers(setTrailers ? { ...Object.fromEntries(setTrailers), ...TRAILERS } : TRAILERS);
    });
    stream.end(frame);
    this.#life.end(undefined);
  }

  #refuse(error: unknown): void {
    if (this.#life.isOver) return;
    refuseCall(this.#exchange.stream, error);
    this.#life.end(error);
  }
}

function timeoutIn(headers: Http2Exchange["headers"]): string | null {
  const value = headers["grpc-timeout"];
  return typeof value === "string" ? value : null;
}

function isIdentity(encoding: string | string[] | undefined): boolean {
  return encoding === undefined || encoding === "identity";
}

/** Serves unary gRPC calls (gRPC over HTTP2) of messages that are not compressed. */
export function unaryServer(methods: ReadonlyMap<string, UnaryMethod>, options: UnaryOptions): FindUnary {
  const calls = new OpenCalls(options.shutdown);
  return (exchange) => {
    const { headers } = exchange;
    if (headers[":method"] !== "POST") return undefined;
    if (!CONTENT_TYPES.has(headers["content-type"] ?? "") || !isIdentity(headers["grpc-encoding"])) return undefined;
    const unary = methods.get(headers[":path"] ?? "");
    return unary && (() => void new Call(unary, exchange, options, calls));
  };
}
