// Calls that a method makes on behalf of whoever called it.
import type { CallOptions, HandlerContext } from "@connectrpc/connect";

/** Headers that travel from call to call: W3C Trace Context and Baggage. */
const TRAVELLING = ["traceparent", "tracestate", "baggage"] as const;

/** Set on the answer to a write that had been done before, by an earlier call with the same request id. */
export const REPLAYED_HEADER = "deskwire-replayed";

/**
 * Options for a call that serves the call in `context`: it ends when that ends, has the time that is left, at most
 * `atMostMs` milliseconds, and carries the headers that travel.
 */
export function onBehalfOf(context: HandlerContext, atMostMs?: number): CallOptions {
  const left = context.timeoutMs();
  const timeoutMs = Math.min(left ?? Number.POSITIVE_INFINITY, atMostMs ?? Number.POSITIVE_INFINITY);
  const headers = new Headers();
  for (const name of TRAVELLING) {
    const value = context.requestHeader.get(name);
    if (value !== null) headers.set(name, value);
  }
  return { signal: context.signal, headers, ...(Number.isFinite(timeoutMs) && { timeoutMs }) };
}

/** As `onBehalfOf`, for the write that a method is about: when it had been done before, the method's answer says so too. */
export function writeOnBehalfOf(context: HandlerContext): CallOptions {
  return {
    ...onBehalfOf(context),
    onHeader(headers) {
      const replayed = headers.get(REPLAYED_HEADER);
      if (replayed !== null) context.responseHeader.set(REPLAYED_HEADER, replayed);
    },
  };
}

/** Whose request ids these are. Without credentials there is one caller: whoever reaches the loopback address. */
export function principalOf(_context: HandlerContext): string {
  return "local";
}
