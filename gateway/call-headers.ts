// What travels with calls to the services.
import { CONFINEMENT_HEADER } from "../runtime/calls/call.ts";
import type { PlainHeaders } from "../runtime/calls/headers.ts";
import { copyTrace } from "../runtime/calls/travelling-headers.ts";
import { type Caller, callerHeaders } from "../runtime/identity/caller.ts";
import type { Run } from "./run.ts";

type Incoming = Readonly<Record<string, string | string[] | undefined>>;

/** Who asks, as the gateway made that out, and the trace that the client began (W3C Trace Context); nothing else goes further. */
export function callerHeadersOf(incoming: Incoming, caller: Caller): PlainHeaders {
  const headers: Record<string, string> = {};
  copyTrace((name) => incoming[name], headers);
  return Object.assign(headers, callerHeaders(caller));
}

/** The headers of a run's calls: whom it is for, and the ticket that it is confined to. */
export function callHeaders(incoming: Incoming, { principal, scopes, client, ticket }: Run): PlainHeaders {
  const headers = callerHeadersOf(incoming, { principal, client, scopes: scopes && new Set(scopes) });
  return ticket === undefined ? headers : { ...headers, [CONFINEMENT_HEADER]: ticket };
}
