// Unary gRPC calls on the streams of HTTP/2, without the layers that streaming, compression and three protocols need: those stay
// with Connect.
import type { OutgoingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { create, type DescMethod, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { ConnectError, type HandlerContext } from "@connectrpc/connect";
import { parseTimeout, setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { LazyContext } from "../calls/lazy-context.ts";
import type { BoundService } from "../calls/service.ts";
import { failCanceled, failLate } from "../errors.ts";
import type { Http2Exchange } from "../http/http-port.ts";
import { assertSendable, frameOf, malformed, UnaryBody } from "./frame.ts";

/** Bounds, as for every other way in. */
export interface UnaryServerOptions {
  readonly maxMessageBytes: number;
  readonly maxTimeoutMs: number;
  /** Aborted when calls under way have to end, because the server does. */
  readonly shutdown: AbortSignal;
}

interface Unary {
  readonly method: DescMethod;
  readonly path: string;
  call(request: unknown, context: HandlerContext): Promise<MessageInitShape<DescMethod["output"]>>;
}

const CONTENT_TYPES = new Set(["application/grpc", "application/grpc+proto"]);
const RESPONSE: OutgoingHttpHeaders = { ":status": 200, "content-type": "application/grpc+proto" };
const TRAILERS: OutgoingHttpHeaders = { "grpc-status": "0" };
/** gRPC knows no date (gRPC over HTTP2, Response-Headers), which would be written, sent and read with every call. */
const HOW = { waitForTrailers: true, sendDate: false };

/** What serves a call; undefined where it is none of these. */
export type FindUnary = (exchange: Http2Exchange) => (() => void) | undefined;

/** Answers with an error in the form Trailers-Only: the stream ends with its headers. */
export function refuseCall(stream: ServerHttp2Stream, error: unknown): void {
  if (stream.destroyed || stream.closed) return;
  const status = setTrailerStatus(new Headers(), ConnectError.from(error));
  stream.respond({ ...RESPONSE, ...Object.fromEntries(status) }, { endStream: true });
}

class Call {
  readonly #unary: Unary;
  readonly #options: UnaryServerOptions;
  readonly #exchange: Http2Exchange;
  readonly #body: UnaryBody;
  readonly #deadline: number | undefined;
  readonly #open: Set<Call>;
  #timer: NodeJS.Timeout | undefined;
  #controller: AbortController | undefined;
  #endReason: unknown;
  #over = false;

  constructor(unary: Unary, exchange: Http2Exchange, options: UnaryServerOptions, open: Set<Call>) {
    this.#unary = unary;
    this.#options = options;
    this.#exchange = exchange;
    this.#body = new UnaryBody(options.maxMessageBytes);
    this.#open = open;
    const { stream, headers } = exchange;
    const { timeoutMs, error } = parseTimeout(timeoutIn(headers), options.maxTimeoutMs);
    this.#deadline = timeoutMs === undefined ? undefined : performance.now() + timeoutMs;
    open.add(this);
    stream.on("data", (chunk: Buffer) => this.#take(chunk));
    stream.once("end", () => void this.#answer());
    // Every stream closes; only that of a call without an answer was ended by its caller.
    stream.once("close", () => this.#over || this.#end(failCanceled()));
    if (error) this.#refuse(error);
    else if (timeoutMs !== undefined) this.#timer = setTimeout(() => this.#expire(), timeoutMs);
  }

  #take(chunk: Buffer): void {
    if (this.#over) return;
    try {
      this.#body.push(chunk);
    } catch (error) {
      this.#refuse(error);
    }
  }

  async #answer(): Promise<void> {
    if (this.#over) return;
    const { method, path, call } = this.#unary;
    try {
      const context = new LazyContext({
        method,
        protocolName: "grpc",
        headers: this.#exchange.headers,
        signal: () => this.#signal(),
        deadline: this.#deadline,
        url: path,
      });
      const answer = create(method.output, await call(this.#read(), context));
      const message = toBinary(method.output, answer);
      assertSendable(message, this.#options.maxMessageBytes);
      this.#finish(frameOf(message), context);
    } catch (error) {
      this.#refuse(error);
    }
  }

  #read() {
    const bytes = this.#body.message();
    try {
      return fromBinary(this.#unary.method.input, bytes);
    } catch (error) {
      throw malformed((error as Error).message);
    }
  }

  #finish(frame: Buffer, { setHeaders, setTrailers }: LazyContext): void {
    const { stream } = this.#exchange;
    if (this.#over || stream.destroyed || stream.closed) return;
    stream.respond(setHeaders ? { ...RESPONSE, ...Object.fromEntries(setHeaders) } : RESPONSE, HOW);
    stream.once("wantTrailers", () => {
      stream.sendTrailers(setTrailers ? { ...Object.fromEntries(setTrailers), ...TRAILERS } : TRAILERS);
    });
    stream.end(frame);
    this.#end(undefined);
  }

  #refuse(error: unknown): void {
    if (this.#over) return;
    refuseCall(this.#exchange.stream, error);
    this.#end(error);
  }

  #expire(): void {
    this.#refuse(failLate());
  }

  /** Ends the call for the method: it has answered, or nobody waits for its answer. */
  #end(reason: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#endReason = reason;
    this.#open.delete(this);
    clearTimeout(this.#timer);
    if (reason !== undefined) this.#controller?.abort(reason);
  }

  #signal(): AbortSignal {
    this.#controller ??= new AbortController();
    const { shutdown } = this.#options;
    const reason = this.#endReason ?? (shutdown.aborted ? shutdown.reason : undefined);
    if (reason !== undefined) this.#controller.abort(reason);
    return this.#controller.signal;
  }

  /** Ends the call because the server ends. */
  shutDown(reason: unknown): void {
    this.#controller?.abort(reason);
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
export function unaryServer(services: readonly BoundService[], options: UnaryServerOptions): FindUnary {
  const methods = new Map<string, Unary>();
  for (const { desc, implementation } of services) {
    for (const method of desc.methods) {
      if (method.methodKind !== "unary") continue;
      const path = `/${desc.typeName}/${method.name}`;
      methods.set(path, { method, path, call: (implementation as Record<string, never>)[method.localName] as never });
    }
  }
  const open = new Set<Call>();
  options.shutdown.addEventListener("abort", () => {
    for (const call of open) call.shutDown(options.shutdown.reason);
  });
  return (exchange) => {
    const { headers } = exchange;
    if (headers[":method"] !== "POST") return undefined;
    if (!CONTENT_TYPES.has(headers["content-type"] ?? "") || !isIdentity(headers["grpc-encoding"])) return undefined;
    const unary = methods.get(headers[":path"] ?? "");
    return unary && (() => void new Call(unary, exchange, options, open));
  };
}
