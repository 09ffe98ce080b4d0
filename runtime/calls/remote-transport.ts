// Calls from one service to another in another process, behind Connect's `Transport`: gRPC, with deadlines, retries and balancing.
import type { LookupAddress } from "node:dns";
import type { SecureClientSessionOptions } from "node:http2";
import type { LookupFunction } from "node:net";
import type { Transport } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { Connections } from "../grpc/connections.ts";
import { unaryClient } from "../grpc/unary-client.ts";
import { tracedTransport } from "../telemetry/traced-transport.ts";
import { type BalancingOptions, balanced, type Endpoint } from "./balancing.ts";
import type { GivenHeaders } from "./headers.ts";
import { retrying } from "./retry.ts";

/** Upper bound for a call to another process that brings no deadline of its own, in milliseconds. */
const DEFAULT_TIMEOUT_MS = 30_000;

/** A peer that has gone without a word, such as a machine that lost its power, is noticed within half a minute. */
const KEEPALIVE = { pingIntervalMs: 20_000, pingTimeoutMs: 5_000 };
/**
 * Megabytes of requests that may be under way on one connection: as many calls as a port takes at once, of the size that it
 * takes. Past Node's own ten, every answer is refused.
 */
const MAX_SESSION_MEMORY = 1_024;

/** The way to another process. */
export interface RemoteTransport extends Transport {
  /** Ends the connections and the calls on them. */
  close(): void;
}

/** Makes the headers of a call from those that its caller gave: who calls, in a form that the other side believes. */
export type Authenticate = (headers: GivenHeaders) => GivenHeaders | Promise<GivenHeaders>;

/** How another process is called. */
export interface RemoteOptions extends Omit<BalancingOptions, "connect"> {
  /** Says who calls. Absent: headers go as they are. */
  readonly authenticate?: Authenticate | undefined;
  /** Certificates in PEM of which one has to have signed the other side's, in place of those that the system knows. */
  readonly ca?: string | undefined;
}

/** A transport that says with every call who calls. */
export function authenticated(transport: Transport, authenticate: Authenticate): Transport {
  return {
    unary: async (method, signal, timeoutMs, header, ...rest) =>
      transport.unary(method, signal, timeoutMs, await authenticate(header), ...rest),
    stream: async (method, signal, timeoutMs, header, ...rest) =>
      transport.stream(method, signal, timeoutMs, await authenticate(header), ...rest),
  };
}

function connectTo(url: string, at: LookupAddress | undefined, ca: string | undefined): Endpoint {
  const lookup: LookupFunction | undefined = at && ((_host, _options, found) => found(null, [at]));
  const sessionManager = new Connections(url, KEEPALIVE, {
    maxSessionMemory: MAX_SESSION_MEMORY,
    ...(lookup && { lookup }),
    ...(ca && { ca }),
  } as SecureClientSessionOptions);
  const transport = createGrpcTransport({ baseUrl: url, sessionManager, defaultTimeoutMs: DEFAULT_TIMEOUT_MS });
  return { transport: { ...transport, unary: unaryClient(url, sessionManager) }, close: () => sessionManager.abort() };
}

/**
 * Calls services of another process over gRPC at `url`, such as `http://127.0.0.1:5001`, with a deadline and retries. A host
 * name may stand for several replicas: calls go to all of them in turn.
 */
export function remoteTransport(url: string, { authenticate, ca, ...options }: RemoteOptions = {}): RemoteTransport {
  const { transport, close } = balanced(url, { ...options, connect: (address) => connectTo(url, address, ca) });
  const telling = authenticate ? authenticated(transport, authenticate) : transport;
  return { ...tracedTransport(retrying(telling, DEFAULT_TIMEOUT_MS), url), close };
}
