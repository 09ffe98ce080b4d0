// What travels with a run's calls to the services.

import type { Caller } from "../adapter/server/caller.ts";
import { PRINCIPAL_HEADER, SCOPES_HEADER } from "../runtime/call.ts";
import type { HttpRequest } from "../runtime/cleartext-port.ts";
import { TICKET_HEADER } from "./confinement.ts";

const TRACE = ["traceparent", "tracestate", "baggage"];
const PRINTABLE_ASCII = /^[\x20-\x7e]{1,8192}$/;

/**
 * The headers of a run's calls: who it is for, as the gateway made that out; the ticket that it is confined to; and the
 * trace that the client began (W3C Trace Context). Nothing else that the client sent goes further.
 */
export function callHeaders(incoming: HttpRequest["headers"], caller: Caller, ticket: string | undefined): Headers {
  const headers = new Headers();
  for (const name of TRACE) {
    const value = incoming[name];
    if (typeof value === "string" && PRINTABLE_ASCII.test(value)) headers.set(name, value);
  }
  headers.set(PRINCIPAL_HEADER, caller.principal);
  if (caller.scopes !== undefined) headers.set(SCOPES_HEADER, [...caller.scopes].sort().join(" "));
  if (ticket !== undefined) headers.set(TICKET_HEADER, ticket);
  return headers;
}
