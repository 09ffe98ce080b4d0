// What travels with calls to the services.
import type { Caller } from "../adapter/server/caller.ts";
import { CONFINEMENT_HEADER, PRINCIPAL_HEADER, SCOPES_HEADER } from "../runtime/call.ts";
import type { Run } from "./run.ts";

type Incoming = Readonly<Record<string, string | string[] | undefined>>;

const TRACE = ["traceparent", "tracestate", "baggage"];
const PRINTABLE_ASCII = /^[\x20-\x7e]{1,8192}$/;

/** Who asks, as the gateway made that out, and the trace that the client began (W3C Trace Context); nothing else goes further. */
export function callerHeadersOf(incoming: Incoming, { principal, scopes }: Caller): Headers {
  const headers = new Headers();
  for (const name of TRACE) {
    const value = incoming[name];
    if (typeof value === "string" && PRINTABLE_ASCII.test(value)) headers.set(name, value);
  }
  headers.set(PRINCIPAL_HEADER, principal);
  if (scopes !== undefined) headers.set(SCOPES_HEADER, [...scopes].sort().join(" "));
  return headers;
}

/** The headers of a run's calls: whom it is for, and the ticket that it is confined to. */
export function callHeaders(incoming: Incoming, { principal, scopes, ticket }: Run): Headers {
  const headers = callerHeadersOf(incoming, { principal, scopes: scopes && new Set(scopes) });
  if (ticket !== undefined) headers.set(CONFINEMENT_HEADER, ticket);
  return headers;
}
