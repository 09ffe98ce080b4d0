// Unary calls of Connect in JSON, in their plain form, without the layers that streaming, compressed requests and three protocols
// need: whatever is unusual stays with Connect.
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { create, toJsonString } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { mergeNonProtocolHeaders } from "@connectrpc/connect/protocol";
import { codeToHttpStatus, errorToJson, parseContentType, parseTimeout } from "@connectrpc/connect/protocol-connect";
import { compressionGzip } from "@connectrpc/connect-node";
import { tidy } from "../calls/connect-errors.ts";
import { LazyContext } from "../calls/lazy-context.ts";
import { assertSendable, tooLong } from "../calls/message-size.ts";
import { CallLife, OpenCalls, type UnaryMethod, type UnaryOptions } from "../calls/unary.ts";
import { failLate } from "../errors.ts";
import { pathOf } from "./http-error.ts";
import type { HttpRequest, HttpResponse } from "./http-port.ts";
import { readJson } from "./json-requests.ts";
import { readBody } from "./read-body.ts";

/** Shorter answers are not worth compressing; Connect's own bound. */
const COMPRESSED_FROM = 1_024;
const JSON_TYPE = { "content-type": "application/json" };

/** Serves a call; undefined where it is none of these. */
export type TakeJsonCall = (request: HttpRequest, response: HttpResponse) => Promise<void> | undefined;

type Compression = "gzip" | "br" | undefined;

/** What the answer is to be compressed by: of those that Connect knows, the first that the client names. */
function compressionFor({ "accept-encoding": accepted }: HttpRequest["headers"]): Compression {
  const names = typeof accepted === "string" ? accepted.split(",").map((name) => name.trim()) : [];
  return names.find((name) => name === "gzip" || name === "br") as Compression;
}

/** Whether a request is JSON, not compressed, and does not say that it is longer than may be. */
function isPlain({ headers }: HttpRequest, maxBytes: number): boolean {
  const type = parseContentType(headers["content-type"] ?? null);
  const encoding = headers["content-encoding"] ?? "identity";
  const saysTooMuch = Number(headers["content-length"]) > maxBytes;
  return type?.stream === false && !type.binary && encoding === "identity" && !saysTooMuch;
}

class JsonCall {
  readonly #unary: UnaryMethod;
  readonly #maxMessageBytes: number;
  readonly #request: HttpRequest;
  readonly #response: HttpResponse;
  readonly #life: CallLife;
  readonly #context: LazyContext;
  readonly #wrongTimeout: ConnectError | undefined;

  constructor(
    unary: UnaryMethod,
    request: HttpRequest,
    response: HttpResponse,
    options: UnaryOptions,
    calls: OpenCalls,
  ) {
    const { method, path } = unary;
    this.#unary = unary;
    this.#maxMessageBytes = options.maxMessageBytes;
    this.#request = request;
    this.#response = response;
    const { headers } = request;
    const { timeoutMs, error } = parseTimeout((headers["connect-timeout-ms"] as string) ?? null, options.maxTimeoutMs);
    const life = new CallLife(calls, timeoutMs);
    this.#life = life;
    const { deadline } = life;
    this.#context = new LazyContext({
      ...{ method, protocolName: "connect", headers, deadline, url: path },
      signal: () => life.signal(),
    });
    response.once("close", () => life.hangUp());
    this.#wrongTimeout = error;
    if (!error) life.whenLate(() => void this.#refuse(failLate()));
  }

  async answer(): Promise<void> {
    const { method, call } = this.#unary;
    try {
      const body = await readBody(this.#request, this.#maxMessageBytes);
      if (this.#life.isOver) return;
      if (this.#wrongTimeout) throw this.#wrongTimeout;
      if (body === undefined) throw tooLong(this.#maxMessageBytes);
      const request = readJson(method.input, body);
      const text = toJsonString(method.output, create(method.output, await call(request, this.#context)));
      assertSendable(Buffer.byteLength(text), this.#maxMessageBytes);
      await this.#send(200, text);
    } catch (error) {
      await this.#refuse(error);
    }
  }

  #refuse(thrown: unknown): Promise<void> {
    const error = ConnectError.from(thrown, Code.Internal);
    tidy(error);
    // What another server said of its own connection is not passed on.
    if (!error.isWireError) mergeNonProtocolHeaders(this.#context.responseHeader, error.metadata);
    return this.#send(codeToHttpStatus(error.code), JSON.stringify(errorToJson(error, undefined)), error);
  }

  /** @param reason why the call has no answer; undefined where this is it */
  async #send(status: number, text: string, reason?: ConnectError): Promise<void> {
    if (this.#life.isOver) return;
    this.#life.end(reason);
    const { setHeaders, setTrailers } = this.#context;
    const headers: OutgoingHttpHeaders = { ...JSON_TYPE };
    for (const [name, value] of setHeaders ?? []) headers[name] = value;
    for (const [name, value] of setTrailers ?? []) headers[`trailer-${name}`] = value;
    // What is left of a request that was not read to its end cannot be told from the next one.
    if (!this.#request.complete && this.#request.httpVersionMajor === 1) headers.connection = "close";
    const response = this.#response as ServerResponse;
    const bytes = Buffer.byteLength(text);
    if (bytes < COMPRESSED_FROM || compressionFor(this.#request.headers) === undefined) {
      response.writeHead(status, { ...headers, "content-length": bytes }).end(text);
    } else {
      const body = await compressionGzip.compress(Buffer.from(text));
      response.writeHead(status, { ...headers, "content-encoding": "gzip", "content-length": body.length }).end(body);
    }
  }
}

/** Serves unary calls in JSON (Connect protocol, Unary-Request) that are posted in their plain form. */
export function jsonServer(methods: ReadonlyMap<string, UnaryMethod>, options: UnaryOptions): TakeJsonCall {
  const calls = new OpenCalls(options.shutdown);
  return (request, response) => {
    if (request.method !== "POST" || !isPlain(request, options.maxMessageBytes)) return undefined;
    const unary = methods.get(pathOf(request));
    if (unary === undefined || compressionFor(request.headers) === "br") return undefined;
    return new JsonCall(unary, request, response, options, calls).answer();
  };
}
