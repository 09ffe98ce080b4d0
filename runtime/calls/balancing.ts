// Spreading calls over the addresses behind one name: gRPC client-side balancing, round robin over DNS.
import { type LookupAddress, lookup } from "node:dns";
import { isIP } from "node:net";
import { promisify } from "node:util";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";

/** How long an answer of DNS is believed, in milliseconds; new replicas are found after that. */
const FRESH_MS = 5_000;
/** How long an address that could not be reached is left out while others can, in milliseconds. */
const REST_MS = 2_000;

/** The way to one address. */
export interface Endpoint {
  readonly transport: Transport;
  /** Ends the connection and the calls on it. */
  close(): void;
}

/** How many replicas that have left are kept for the calls on them; the one that left first is cut off. */
const MAX_LEAVING = 20;

/** What balancing stands on. */
export interface BalancingOptions {
  /** Makes the way to one address; undefined stands for whatever the name leads to. */
  readonly connect: (address: LookupAddress | undefined) => Endpoint;
  /** Finds all addresses of a host name. Default: the system's resolver. */
  readonly resolve?: (host: string) => Promise<readonly LookupAddress[]>;
  /** Default: 5 seconds. */
  readonly freshMs?: number;
}

interface Known extends Endpoint {
  /** On the clock of `performance.now()`; before that, others come first. */
  restsUntil: number;
}

const lookupAll = promisify(lookup);
const resolveBySystem = (host: string): Promise<LookupAddress[]> => lookupAll(host, { all: true, order: "verbatim" });

/** Whether a host can stand for several replicas: `localhost` and addresses cannot. */
function isName(host: string): boolean {
  return isIP(host.replace(/^\[|\]$/g, "")) === 0 && host !== "localhost" && !host.endsWith(".localhost");
}

/**
 * Calls the replicas behind the host of `url` in turn. The name is looked up again every few seconds and when a replica
 * cannot be reached. A replica that has left DNS gets no new calls, and those under way may finish: it is most likely
 * stopping. A stream stays with the replica on which it began.
 */
export function balanced(url: string, options: BalancingOptions): Endpoint {
  const { hostname } = new URL(url);
  const { connect, resolve = resolveBySystem, freshMs = FRESH_MS } = options;
  if (!isName(hostname)) return connect(undefined);

  const endpoints = new Map<string, Known>();
  /** Those that have left DNS, whose calls may finish. */
  const leaving: Endpoint[] = [];
  let turn = 0;
  let staleAt = 0;
  let refreshing: Promise<void> | undefined;

  async function refresh(): Promise<void> {
    const addresses = await resolve(hostname);
    const found = new Map(addresses.map((address) => [address.address, address]));
    for (const [address, endpoint] of endpoints) {
      if (!found.has(address) && endpoints.delete(address)) leaving.push(endpoint);
    }
    for (const endpoint of leaving.splice(0, Math.max(0, leaving.length - MAX_LEAVING))) endpoint.close();
    for (const [address, entry] of found) {
      if (!endpoints.has(address)) endpoints.set(address, { ...connect(entry), restsUntil: 0 });
    }
  }

  /** Looks the name up if it is time. While DNS fails, what is known serves on. */
  async function look(): Promise<void> {
    if (performance.now() < staleAt) return;
    refreshing ??= refresh().then(
      () => {
        staleAt = performance.now() + freshMs;
        refreshing = undefined;
      },
      (error) => {
        refreshing = undefined;
        if (endpoints.size === 0) throw unresolved(error);
        staleAt = performance.now() + freshMs;
      },
    );
    // Only the first call of all has to wait for DNS.
    if (endpoints.size === 0) await refreshing;
  }

  function pick(): Known {
    const all = [...endpoints.values()];
    const now = performance.now();
    const rested = all.filter(({ restsUntil }) => restsUntil <= now);
    const choice = rested.length > 0 ? rested : all;
    const endpoint = choice[turn++ % choice.length];
    if (!endpoint) throw unresolved(undefined);
    return endpoint;
  }

  async function attempt<T>(call: (transport: Transport) => Promise<T>): Promise<T> {
    await look();
    const endpoint = pick();
    try {
      return await call(endpoint.transport);
    } catch (error) {
      if (isUnreachable(error)) {
        endpoint.restsUntil = performance.now() + REST_MS;
        staleAt = 0;
      }
      throw error;
    }
  }

  return {
    transport: {
      unary: (...call) => attempt((transport) => transport.unary(...call)),
      stream: (...call) => attempt((transport) => transport.stream(...call)),
    },
    close() {
      for (const endpoint of [...endpoints.values(), ...leaving.splice(0)]) endpoint.close();
      endpoints.clear();
    },
  };
}

/** Whether the failure is of the way there, not of the server's making. */
function isUnreachable(error: unknown): boolean {
  const { cause } = ConnectError.from(error);
  return (cause as NodeJS.ErrnoException | undefined)?.code !== undefined;
}

/** Reads like a connection that was refused, so that it is tried again as one. */
function unresolved(cause: unknown): ConnectError {
  const error = new ConnectError("the name of the service has no address", Code.Unavailable);
  error.cause = cause;
  return error;
}
