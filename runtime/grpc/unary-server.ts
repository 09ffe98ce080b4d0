// Unary gRPC calls on HTTP/2, without the layers that streams, compression and three protocols need: those stay with Connect.
import type { Http2ServerRequest, Http2ServerResponse, OutgoingHttpHeaders } from "node:http2";
import { create, type DescMethod, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { ConnectError, type HandlerContext } from "@connectrpc/connect";
import { parseTimeout, setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { failCanceled, failLate } from "../errors.ts";
import type { HttpRequest, HttpResponse } from "../http-port.ts";
import { LazyContext } from "../lazy-context.ts";
import type { BoundService } from "../service.ts";
import { assertSendable, frameOf, malformed, UnaryBody } from "./frame.ts";
import { toHeaders } from "./headers.ts";

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
const RESPONSE: OutgoingHttpHeaders = { "content-type": "application/grpc+proto" };

/** Serves one request where it can. */
export type ServeUnary = (request: HttpRequest, response: HttpResponse) => boolean;

class Call {
  readonly #unary: Unary;
  readonly #options: UnaryServerOptions;
  readonly #request: Http2ServerRequest;
  readonly #response: Http2ServerResponse;
  readonly #body: UnaryBody;
  readonly #deadline: number | undefined;
  readonly #open: Set<Call>;
  #timer: NodeJS.Timeout | undefined;
  #controller: AbortController | undefined;
  #endReason: unknown;
  #over = false;

  constructor(
    unary: Unary,
    exchange: { readonly request: Http2ServerRequest; readonly response: Http2ServerResponse },
    options: UnaryServerOptions,
    open: Set<Call>,
  ) {
    this.#unary = unary;
    this.#options = options;
    this.#request = exchange.request;
    this.#response = exchange.response;
    this.#body = new UnaryBody(options.maxMessageBytes);
    this.#open = open;
    const { timeoutMs, error } = parseTimeout(timeoutHeader(this.#request), options.maxTimeoutMs);
    this.#deadline = timeoutMs === undefined ? undefined : performance.now() + timeoutMs;
    open.add(this);
    const { stream } = this.#request;
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
        headers: () => toHeaders(this.#request.headers),
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
    if (this.#over) return;
    const response = this.#response;
    response.addTrailers({ ...(setTrailers && Object.fromEntries(setTrailers)), "grpc-status": "0" });
    response.writeHead(200, setHeaders ? { ...RESPONSE, ...Object.fromEntries(setHeaders) } : RESPONSE);
    response.end(frame);
    this.#end(undefined);
  }

  /** Trailers-Only: the stream ends with its headers, which writeHead would send before its end is known. */
  #refuse(error: unknown): void {
    if (this.#over) return;
    const status = setTrailerStatus(new Headers(), ConnectError.from(error));
    for (const [name, value] of Object.entries({ ...RESPONSE, ...Object.fromEntries(status) })) {
      this.#response.setHeader(name, value as string);
    }
    this.#response.end();
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

function timeoutHeader({ headers }: Http2ServerRequest): string | null {
  const value = headers["grpc-timeout"];
  return typeof value === "string" ? value : null;
}

function isIdentity(encoding: string | string[] | undefined): boolean {
  return encoding === undefined || encoding === "identity";
}

/**
 * Serves unary gRPC calls (gRPC over HTTP2) of messages that are not compressed. The returned function answers false, and
 * does nothing, for everything else.
 */
export function unaryServer(services: readonly BoundService[], options: UnaryServerOptions): ServeUnary {
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
  return (request, response) => {
    if (!("stream" in request) || request.method !== "POST") return false;
    const { headers } = request;
    if (!CONTENT_TYPES.has(headers["content-type"] ?? "") || !isIdentity(headers["grpc-encoding"])) return false;
    const unary = methods.get(request.url ?? "");
    if (unary === undefined) return false;
    new Call(unary, { request, response: response as Http2ServerResponse }, options, open);
    return true;
  };
}
