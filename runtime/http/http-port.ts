// One port for HTTP/1.1 and HTTP/2: in clear, told apart by the preface (RFC 9113, section 3.3), or by TLS and ALPN (RFC 7301).
import { once } from "node:events";
import {
  createServer as createHttp1,
  type Server as Http1Server,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import {
  constants,
  createServer as createHttp2,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { Writable } from "node:stream";
import { createServer as createTls, type Server as TlsServer } from "node:tls";
import type { Certificate } from "./certificate.ts";
import { HeldBytes, type OnCut } from "./held-bytes.ts";

/** A request and its response in either HTTP version, as Node has them. */
export type HttpRequest = IncomingMessage | Http2ServerRequest;
export type HttpResponse = ServerResponse | Http2ServerResponse;
type Handler = (request: HttpRequest, response: HttpResponse) => void;

/** An exchange over HTTP/2 as Node has it underneath its requests and responses, which cost as much again. */
export interface Http2Exchange {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
}
/** Serves an exchange, or answers false and does nothing. */
export type TakeStream = (exchange: Http2Exchange) => boolean;

/** Bounds on what one client, or all together, can hold. */
export interface PortLimits {
  /** Connections at once; one more is closed at once. */
  readonly maxConnections: number;
  /** Until a connection has shown which HTTP it speaks. */
  readonly sniffTimeoutMs: number;
  /** Until a request's headers have come, or the client has acknowledged the settings of its HTTP/2 connection. */
  readonly headersTimeoutMs: number;
  /** Until an HTTP/1.1 request has come as a whole, and how long an exchange may stand still where the client is awaited. */
  readonly requestTimeoutMs: number;
  /** How long an HTTP/1.1 connection is kept without a request. */
  readonly keepAliveTimeoutMs: number;
  /** How long an HTTP/2 connection is kept without a stream. */
  readonly idleSessionTimeoutMs: number;
  /** Bytes of all headers of a request together. */
  readonly maxHeaderBytes: number;
  /**
   * Requests that one HTTP/1.1 connection may have sent without an answer (RFC 9112, section 9.3.2), before it is cut: all their
   * answers are kept until the client has read the first.
   */
  readonly maxPipelinedRequests: number;
  /**
   * Bytes of answers that are not read and of requests that are not finished, of all clients together; past it, those for whom the
   * most is held lose their connections.
   */
  readonly maxHeldBytes: number;
  /** Calls at once on one HTTP/2 connection; the client queues the rest. */
  readonly maxConcurrentStreams: number;
  /** Streams that a client may reset at once, and per second after that, before it loses its connection (CVE-2023-44487). */
  readonly streamResetBurst: number;
  readonly streamResetRate: number;
}

const LIMITS: PortLimits = {
  maxConnections: 1_024,
  sniffTimeoutMs: 5_000,
  headersTimeoutMs: 15_000,
  requestTimeoutMs: 300_000,
  // Longer than the minute after which the usual load balancers close theirs: the side that closes first loses no request.
  keepAliveTimeoutMs: 65_000,
  // Longer than the quarter of an hour after which Connect's client closes its own.
  idleSessionTimeoutMs: 1_200_000,
  maxHeaderBytes: 16_384,
  maxPipelinedRequests: 16,
  maxHeldBytes: 48 * 1024 * 1024,
  maxConcurrentStreams: 256,
  streamResetBurst: 512,
  streamResetRate: 64,
};

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");
const SOCKETS = { noDelay: true, allowHalfOpen: true, keepAlive: true, keepAliveInitialDelay: 60_000 };
/** How long a client may go on sending a request that has its answer already. */
const LINGER_MS = 1_000;
/** How long an exchange over HTTP/2 goes on without a bound. */
const LASTING_MS = 1_000;

/** An open port. */
export interface HttpPort {
  readonly port: number;
  /** Shows another certificate to those who connect from now on. */
  setCertificate(certificate: Certificate): void;
  /** Takes no new connection, lets what is under way finish, and after `graceMs` milliseconds cuts what is left. */
  close(graceMs: number): Promise<void>;
}

/** Calls back with the protocol as soon as the first bytes tell it; the bytes go back into the socket. */
function sniff(socket: Socket, timeoutMs: number, decided: (protocol: "h1" | "h2") => void): void {
  let seen: Buffer = Buffer.alloc(0);
  const giveUp = () => socket.destroy();
  const timer = setTimeout(giveUp, timeoutMs);
  const read = () => {
    const chunk: Buffer | null = socket.read();
    if (!chunk) return;
    seen = Buffer.concat([seen, chunk]);
    const length = Math.min(seen.length, PREFACE.length);
    const matches = seen.subarray(0, length).equals(PREFACE.subarray(0, length));
    if (matches && length < PREFACE.length) return;
    stop();
    socket.unshift(seen);
    decided(matches ? "h2" : "h1");
  };
  const stop = () => {
    clearTimeout(timer);
    socket.off("readable", read).off("end", giveUp).off("error", giveUp).off("close", stop);
  };
  socket.on("readable", read).on("end", giveUp).on("error", giveUp).on("close", stop);
}

/** Where the answer came before the end of the request, as a refusal does, gives the client a while to read it. */
function linger(answer: Writable, isComplete: () => boolean, cut: () => void): void {
  const finished = () => {
    if (!isComplete()) setTimeout(() => isComplete() || cut(), LINGER_MS);
  };
  if (answer.writableFinished) finished();
  else answer.once("finish", finished);
}

function http1Server(handler: Handler, limits: PortLimits, held: HeldBytes): Http1Server {
  const unanswered = new WeakMap<Socket, number>();
  const server = createHttp1(
    {
      maxHeaderSize: limits.maxHeaderBytes,
      headersTimeout: Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs),
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: Math.min(5_000, limits.headersTimeoutMs),
    },
    (request, response) => {
      const { socket } = request;
      const before = unanswered.get(socket) ?? 0;
      if (before >= limits.maxPipelinedRequests) return void socket.destroy();
      unanswered.set(socket, before + 1);
      const ended = held.http1(request, response);
      response.once("close", () => {
        ended();
        unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1);
      });
      const isComplete = () => request.complete;
      linger(response, isComplete, () => socket.destroy());
      // Cut off where the client is the one who is awaited. A quiet stream is no fault.
      response.on("timeout", () => socket.writableLength > 0 && socket.destroy());
      handler(request, response);
    },
  );
  server.setTimeout(limits.requestTimeoutMs);
  // It never listens itself, and without the event Node would enforce neither headersTimeout nor requestTimeout.
  server.emit("listening");
  return server;
}

/** Bounds an exchange over HTTP/2 that lasts: cut off where the client is the one who is awaited. A quiet stream is no fault. */
function bound(stream: ServerHttp2Stream, timeoutMs: number): void {
  const isComplete = () => stream.state.remoteClose !== 0;
  linger(stream, isComplete, () => stream.destroy());
  stream.setTimeout(timeoutMs, () => {
    if (isComplete() && stream.writableLength === 0) return;
    stream.close(constants.NGHTTP2_CANCEL);
    // By itself, close() waits until somebody has read what the client sent.
    stream.destroy();
  });
}

/** Bounds what is not over within a while. Most exchanges are, and would pay for a timer that is never needed. */
class Lasting {
  readonly #timeoutMs: number;
  readonly #young = new Set<ServerHttp2Stream>();
  #look: NodeJS.Timeout | undefined;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  began(stream: ServerHttp2Stream): void {
    this.#young.add(stream);
    this.#look ??= setTimeout(() => this.#boundAll(), Math.min(LASTING_MS, this.#timeoutMs / 10)).unref();
  }

  ended(stream: ServerHttp2Stream): void {
    this.#young.delete(stream);
  }

  #boundAll(): void {
    this.#look = undefined;
    for (const stream of this.#young) bound(stream, this.#timeoutMs);
    this.#young.clear();
  }
}

/** A stream that breaks closes as well, and that is heard of. */
const ignored = () => {};

function http2Server(handler: Handler, takeStream: TakeStream, limits: PortLimits, held: HeldBytes): Http2Server {
  const lasting = new Lasting(limits.requestTimeoutMs);
  // It never listens itself: Node makes requests and responses of all streams of a server, or of none.
  const requests = createHttp2(handler);
  const server = createHttp2({
    settings: { maxConcurrentStreams: limits.maxConcurrentStreams, maxHeaderListSize: limits.maxHeaderBytes },
    maxSessionInvalidFrames: 32,
    maxSessionRejectedStreams: 128,
    streamResetBurst: limits.streamResetBurst,
    streamResetRate: limits.streamResetRate,
  });
  server.on("stream", (stream, headers, flags, rawHeaders) => {
    stream.on("error", ignored);
    if (!takeStream({ stream, headers, rawHeaders })) requests.emit("stream", stream, headers, flags, rawHeaders);
  });
  return server.on("session", (session) => {
    let streams = 0;
    const handshake = setTimeout(() => session.destroy(), limits.headersTimeoutMs);
    // Emitted when the client has acknowledged them; until then its headers are not bound by our limit.
    session.once("localSettings", () => clearTimeout(handshake));
    session.once("close", () => clearTimeout(handshake));
    session.setTimeout(limits.idleSessionTimeoutMs, () => streams === 0 && session.close());
    session.on("stream", (stream) => {
      streams++;
      lasting.began(stream);
      const ended = held.http2(stream, session);
      stream.once("close", () => {
        streams--;
        lasting.ended(stream);
        ended();
      });
    });
  });
}

/** Hands over connections once both sides have agreed on a protocol; clients that know no ALPN speak HTTP/1.1. */
function tlsServer(
  certificate: Certificate,
  limits: PortLimits,
  serve: (protocol: "h1" | "h2", socket: Socket) => void,
): TlsServer {
  const server = createTls(
    { ...SOCKETS, ...certificate, ALPNProtocols: ["h2", "http/1.1"], handshakeTimeout: limits.sniffTimeoutMs },
    (socket) => serve(socket.alpnProtocol === "h2" ? "h2" : "h1", socket),
  );
  return server.on("tlsClientError", (_error, socket) => socket.destroy());
}

/**
 * Opens a port at which both HTTP versions reach the same handler.
 *
 * Rejects with the system's error where the port cannot be opened.
 */
export async function openHttpPort(options: {
  host: string;
  port: number;
  handler: Handler;
  /** Asked first about every exchange over HTTP/2. */
  takeStream?: TakeStream | undefined;
  /** Speaks TLS with it; absent: in clear. */
  certificate?: Certificate | undefined;
  limits?: Partial<PortLimits>;
  onCut?: OnCut | undefined;
}): Promise<HttpPort> {
  const limits = { ...LIMITS, ...options.limits };
  const held = new HeldBytes(limits.maxHeldBytes, options.onCut ?? (() => {}));
  const sockets = new Set<Socket>();
  const undecided = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  let closing = false;

  const served = (request: HttpRequest, response: HttpResponse) => {
    response.once("close", () => closing && h1.closeIdleConnections());
    options.handler(request, response);
  };
  const h1 = http1Server(served, limits, held);
  const h2 = http2Server(options.handler, options.takeStream ?? (() => false), limits, held).on(
    "session",
    (session) => {
      sessions.add(session);
      session.once("close", () => sessions.delete(session));
    },
  );
  const serve = (protocol: "h1" | "h2", socket: Socket) => {
    socket.allowHalfOpen = protocol === "h1";
    (protocol === "h2" ? h2 : h1).emit("connection", socket);
  };
  const inClear = (socket: Socket) => {
    undecided.add(socket);
    socket.once("close", () => undecided.delete(socket));
    sniff(socket, limits.sniffTimeoutMs, (protocol) => {
      undecided.delete(socket);
      serve(protocol, socket);
    });
  };
  const { certificate } = options;
  const tls = certificate && tlsServer(certificate, limits, serve);
  const server = tls ?? createServer(SOCKETS, inClear);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.maxConnections = limits.maxConnections;
  server.listen({ host: options.host, port: options.port });
  await once(server, "listening");

  return {
    port: (server.address() as AddressInfo).port,
    setCertificate: (next) => tls?.setSecureContext(next),
    async close(graceMs) {
      closing = true;
      const closed = once(server, "close");
      server.close();
      for (const socket of undecided) socket.destroy();
      for (const session of sessions) session.close();
      h1.closeIdleConnections();
      const cut = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, graceMs);
      await closed;
      clearTimeout(cut);
      h1.close();
    },
  };
}
