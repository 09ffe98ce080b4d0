// Calls that a method makes on behalf of whoever called it.
import type { DescMethod } from "@bufbuild/protobuf";
import { type CallOptions, Code, type HandlerContext } from "@connectrpc/connect";
import { fail } from "../errors.ts";
import { headerOf } from "./lazy-context.ts";
import { copyTrace } from "./travelling-headers.ts";

/** Who the call is for, as the edge made it out: `local`, `key:<name>`, or a token's issuer and subject. */
export const PRINCIPAL_HEADER = "deskwire-principal";

/** Characters of a principal: it is part of a primary key, and an index holds less than a header. */
export const MAX_PRINCIPAL = 1_000;

/** What the principal may do, as scopes between spaces; absent where nothing restricts it. */
export const SCOPES_HEADER = "deskwire-scopes";

/** The program that called, as it names itself. */
export const CLIENT_HEADER = "deskwire-client";

/** The MCP tool that was called. */
export const TOOL_HEADER = "deskwire-tool";

/** The method of this desk that makes the call in order to answer its own caller, whose scopes were checked there. */
export const VIA_HEADER = "deskwire-via";

/** The one ticket that the call is about, such as `TKT-1001`; absent where it may be about any. See runtime/calls/confinement.ts. */
export const CONFINEMENT_HEADER = "deskwire-ticket";

/** Said by the adapter alone: the approval, such as `APR-1001`, that a person at the caller's client was asked about and decided. */
export const CONFIRMED_HEADER = "deskwire-confirmed";

/** Headers that only this desk may set: the edge removes what a stranger writes there. Anybody may confine themselves. */
export const IDENTITY_HEADERS: readonly string[] = [
  ...[PRINCIPAL_HEADER, SCOPES_HEADER, CLIENT_HEADER, TOOL_HEADER],
  ...[CONFIRMED_HEADER, VIA_HEADER],
];

/** Headers that say who a call is for, and travel from call to call with those of the trace. */
const TRAVELLING = [
  ...[PRINCIPAL_HEADER, SCOPES_HEADER, CLIENT_HEADER, TOOL_HEADER],
  ...[CONFINEMENT_HEADER, CONFIRMED_HEADER],
];

/** Those of them that one process of the desk believes from another alone, and what that one says of itself. */
export const SEALED_HEADERS: readonly string[] = [...TRAVELLING, VIA_HEADER];

/** The full name of a method, as logs and stored calls have it: `deskwire.ticket.v1.TicketService/RespondToTicket`. */
export function methodName(method: DescMethod): string {
  return `${method.parent.typeName}/${method.name}`;
}

/** Begins a `request_id` that nobody chose: it was made from what was asked, and counts for a short time only. */
export const AUTOMATIC_ID = "auto-";

/** Carries the token by which a process of the desk says who it is, and the headers that are sealed in it. */
export const SERVICE_TOKEN_HEADER = "deskwire-service-token";

/** Set on the answer to a write that had been done before, by an earlier call with the same request id. */
export const REPLAYED_HEADER = "deskwire-replayed";

/**
 * Options for a call that serves the call in `context`: it ends when that ends, has the time that is left, at most
 * `atMostMs` milliseconds, and carries the headers that travel.
 */
export function onBehalfOf(context: HandlerContext, atMostMs?: number): CallOptions {
  const left = context.timeoutMs();
  const timeoutMs = Math.min(left ?? Number.POSITIVE_INFINITY, atMostMs ?? Number.POSITIVE_INFINITY);
  const headers: Record<string, string> = { [VIA_HEADER]: methodName(context.method) };
  copyTrace((name) => headerOf(context, name), headers);
  for (const name of TRAVELLING) {
    const value = headerOf(context, name);
    if (value !== null) headers[name] = value;
  }
  // Whole milliseconds, and never 0, which would mean no deadline at all.
  return {
    signal: context.signal,
    headers,
    ...(Number.isFinite(timeoutMs) && { timeoutMs: Math.max(1, Math.ceil(timeoutMs)) }),
  };
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

/**
 * Who the call is for, and so whose request ids these are. `local` is whoever reaches the loopback address of a desk that asks
 * nobody. The header is the edge's word: nothing that a stranger writes there gets past it.
 *
 * @throws ConnectError `PRINCIPAL_TOO_LONG`
 */
export function principalOf(context: Pick<HandlerContext, "requestHeader">): string {
  const principal = headerOf(context, PRINCIPAL_HEADER) || "local";
  if (principal.length <= MAX_PRINCIPAL) return principal;
  const message = `The header ${PRINCIPAL_HEADER} may have ${MAX_PRINCIPAL} characters. Send a shorter one, or none.`;
  throw fail(Code.InvalidArgument, "PRINCIPAL_TOO_LONG", message);
}

/** Where a write comes from, as the log keeps it. */
export interface Origin {
  readonly principal: string;
  readonly client: string;
  readonly tool: string;
}

/** The principal of what the desk does for no caller, such as reading another service's log. */
export const DESK_PRINCIPAL = "desk";

/** Where a write of the desk's own comes from. */
export const OWN_ORIGIN: Origin = { principal: DESK_PRINCIPAL, client: "", tool: "" };

/** @throws ConnectError `PRINCIPAL_TOO_LONG` */
export function originOf(context: Pick<HandlerContext, "requestHeader">): Origin {
  return {
    principal: principalOf(context),
    client: headerOf(context, CLIENT_HEADER) ?? "",
    tool: headerOf(context, TOOL_HEADER) ?? "",
  };
}

/** What the principal may do; undefined where nothing restricts it. Believed as `principalOf` says. */
export function scopesOf(context: HandlerContext): ReadonlySet<string> | undefined {
  const scopes = headerOf(context, SCOPES_HEADER);
  return scopes === null ? undefined : new Set(scopes.split(" ").filter(Boolean));
}
