// What travels with calls to the services.
import { CONFINEMENT_HEADER } from "../runtime/calls/call.ts";
import type { PlainHeaders } from "../runtime/calls/headers.ts";
import { type Caller, callerHeaders } from "../runtime/identity/caller.ts";
import type { Run } from "./run.ts";

type Incoming = Readonly<Record<string, string | string[] | undefined>>;

const TRACE = ["traceparent", "tracestate", "baggage"];
const PRINTABLE_ASCII = /^[\x20-\x7e]{1,8192}$/;

/** Who asks, as the gateway made that out, and the trace that the client began (W3C Trace Context); nothing else goes further. */
export function callerHeadersOf(incoming: Incoming, caller: Caller): PlainHeaders {
  const headers: Record<string, string> = {};
  for (const name of TRACE) {
    const value = incoming[name];
    if (typeof value === "string" && PRINTABLE_ASCII.test(value)) headers[name] = value;
  }
  return Object.assign(headers, callerHeaders(caller));
}

/** The headers of a run's calls: whom it is for, and the ticket that it is confined to. */
export function callHeaders(incoming: Incoming, { principal, scopes, client, ticket }: Run): PlainHeaders {
  const headers = callerHeadersOf(incoming, { principal, client, scopes: scopes && new Set(scopes) });
  return ticket === undefined ? headers : { ...headers, [CONFINEMENT_HEADER]: ticket };
}
