// Unary gRPC calls to another process, without the layers that streams and compression need: those stay with Connect.
import type { ClientHttp2Stream, IncomingHttpHeaders } from "node:http2";
import { constants } from "node:http2";
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Code, ConnectError, type Transport, type UnaryResponse } from "@connectrpc/connect";
import { codeFromHttpStatus, findTrailerError } from "@connectrpc/connect/protocol-grpc";
import type { Http2SessionManager } from "@connectrpc/connect-node";
import { type GivenHeaders, plainHeaders, toHeaders } from "../calls/headers.ts";
import { failEnded, failLate } from "../errors.ts";
import { frameOf, UnaryBody } from "./frame.ts";

const CANCEL = constants.NGHTTP2_CANCEL;
/** As gRPC libraries do: the answer of a service of ours may be longer than what it takes. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const HEADERS = { "content-type": "application/grpc+proto", te: "trailers", "user-agent": "deskwire" };

const REFUSED = new Map<number, Code>([
  [constants.NGHTTP2_REFUSED_STREAM, Code.Unavailable],
  [constants.NGHTTP2_ENHANCE_YOUR_CALM, Code.ResourceExhausted],
  [constants.NGHTTP2_CANCEL, Code.Canceled],
]);

/** The answer to a call; its headers are made when somebody asks for them. */
class Answer<I extends DescMessage, O extends DescMessage> implements UnaryResponse<I, O> {
  readonly stream = false;
  readonly method: DescMethodUnary<I, O>;
  readonly message: MessageShape<O>;
  readonly #headers: IncomingHttpHeaders | undefined;
  readonly #trailers: IncomingHttpHeaders | undefined;

  constructor(
    method: DescMethodUnary<I, O>,
    message: MessageShape<O>,
    [headers, trailers]: readonly [IncomingHttpHeaders | undefined, IncomingHttpHeaders | undefined],
  ) {
    this.method = method;
    this.message = message;
    this.#headers = headers;
    this.#trailers = trailers;
  }

  get service() {
    return this.method.parent;
  }

  get header(): Headers {
    return toHeaders(this.#headers);
  }

  get trailer(): Headers {
    return toHeaders(this.#trailers);
  }
}

/** Of a connection that broke it is not known what was done; the retries tell by `aborted` with a system error for its cause. */
function broken(error: NodeJS.ErrnoException): ConnectError {
  const lost = new ConnectError("the connection broke", Code.Aborted);
  lost.cause = error;
  return lost;
}

function reset(code: number): ConnectError {
  const known = REFUSED.get(code);
  if (known !== undefined) return new ConnectError(`the server ended the stream (HTTP/2 error ${code})`, known);
  return broken(Object.assign(new Error(`HTTP/2 error ${code}`), { code: "ERR_HTTP2_STREAM_ERROR" }));
}

interface Sent {
  readonly stream: ClientHttp2Stream;
  readonly manager: Http2SessionManager;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds; 0 for no deadline. */
  readonly timeoutMs: number;
}

/** Waits for the answer to what was sent: its bytes, its headers and its trailers. */
function receive({ stream, manager, signal, timeoutMs }: Sent) {
  type Received = readonly [UnaryBody, IncomingHttpHeaders | undefined, IncomingHttpHeaders | undefined];
  const { promise, resolve, reject } = Promise.withResolvers<Received>();
  const body = new UnaryBody(MAX_ANSWER_BYTES);
  let headers: IncomingHttpHeaders | undefined;
  let trailers: IncomingHttpHeaders | undefined;
  const giveUp = (error: unknown) => {
    reject(error);
    stream.close(CANCEL);
  };
  const stop = () => giveUp(failEnded(signal as AbortSignal));
  const late = () => giveUp(failLate());
  const timer = timeoutMs > 0 ? setTimeout(late, timeoutMs) : undefined;
  signal?.addEventListener("abort", stop, { once: true });
  stream.once("response", (received) => {
    headers = received;
  });
  stream.once("trailers", (received) => {
    trailers = received;
  });
  stream.on("data", (chunk: Buffer) => {
    manager.notifyResponseByteRead(stream);
    try {
      body.push(chunk);
    } catch (error) {
      giveUp(error);
    }
  });
  stream.once("error", (error) => reject(stream.rstCode > 0 ? reset(stream.rstCode) : broken(error)));
  stream.once("close", () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
    if (stream.rstCode > 0) reject(reset(stream.rstCode));
    else if (headers === undefined) reject(broken(new Error("closed before the answer") as NodeJS.ErrnoException));
    else resolve([body, headers, trailers]);
  });
  return promise;
}

/** The error that an answer tells of; undefined where it tells of none. */
function errorIn(headers: IncomingHttpHeaders | undefined, trailers: IncomingHttpHeaders | undefined) {
  const status = trailers?.["grpc-status"] ?? headers?.["grpc-status"];
  if (status === "0") return undefined;
  const told = findTrailerError(toHeaders(trailers?.["grpc-status"] === undefined ? headers : trailers));
  if (told) return told;
  const http = Number(headers?.[":status"]);
  const code = http === 200 ? Code.Internal : codeFromHttpStatus(http);
  return new ConnectError(`the answer is no gRPC (HTTP status ${http})`, code);
}

/** The unary half of a Connect transport over gRPC (gRPC over HTTP2), on the connections of `manager`. */
export function unaryClient(url: string, manager: Http2SessionManager): Transport["unary"] {
  const base = new URL(url).pathname.replace(/\/$/, "");
  return async <I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    signal: AbortSignal | undefined,
    timeoutMs: number | undefined,
    header: GivenHeaders,
    input: MessageInitShape<I>,
  ): Promise<UnaryResponse<I, O>> => {
    if (signal?.aborted) throw failEnded(signal);
    const deadline = timeoutMs !== undefined && timeoutMs > 0 ? Math.ceil(timeoutMs) : 0;
    const headers: Record<string, string> = { ...HEADERS };
    if (deadline > 0) headers["grpc-timeout"] = `${deadline}m`;
    Object.assign(headers, plainHeaders(header));
    const frame = frameOf(toBinary(method.input, create(method.input, input)));
    const stream = await manager
      .request("POST", `${base}/${method.parent.typeName}/${method.name}`, headers, {})
      .catch((error: unknown) => {
        throw ConnectError.from(error, Code.Unavailable);
      });
    const answer = receive({ stream, manager, signal, timeoutMs: deadline });
    stream.end(frame);
    const [body, received, trailers] = await answer;
    const error = errorIn(received, trailers);
    if (error) throw error;
    return new Answer(method, fromBinary(method.output, body.message()), [received, trailers]);
  };
}
