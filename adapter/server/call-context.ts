// From a request of the protocol to the context of a call to the service behind.
import type { ServerContext } from "@modelcontextprotocol/server";
import { type Caller, callerHeaders } from "../../runtime/identity/caller.ts";
import type { Log } from "../../runtime/log.ts";
import type { CallContext, JsonObject } from "../catalog.ts";
import { invalidParams } from "./protocol-errors.ts";

/** The `_meta` key by which a client names a call, so that its repetition is known for one. */
export const REQUEST_KEY = "deskwire/request-id";

const MAX_PROGRESS_TEXT = 4_000;
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const PRINTABLE_ASCII = /^[\x20-\x7e]{1,8192}$/;

type Lookup = (name: string) => unknown;

/** Copies a trace context (W3C Trace Context, Baggage) whole from one source; false where there is none. */
function copyTrace(from: Lookup, headers: Headers): boolean {
  const traceparent = from("traceparent");
  if (typeof traceparent !== "string" || !TRACEPARENT.test(traceparent)) return false;
  headers.set("traceparent", traceparent);
  for (const name of ["tracestate", "baggage"]) {
    const value = from(name);
    if (typeof value === "string" && PRINTABLE_ASCII.test(value)) headers.set(name, value);
  }
  return true;
}

/** The caller's trace context, from `_meta` (MCP's place for it) or else from HTTP. */
export function traceHeaders({ http, mcpReq: { _meta: meta } }: ServerContext): Headers {
  const headers = new Headers();
  const incoming = http?.req?.headers;
  if (!copyTrace((name) => meta?.[name], headers) && incoming) copyTrace((name) => incoming.get(name), headers);
  return headers;
}

/**
 * The headers that travel on: the trace, what the operator allows, and
 * who calls, as this server made it out. A caller's credentials stay here (MCP authorization, token passthrough).
 */
function travellingHeaders(context: ServerContext, caller: Caller, allowed: readonly string[]): Headers {
  const headers = traceHeaders(context);
  const incoming = context.http?.req?.headers;
  for (const name of allowed) {
    const value = incoming?.get(name);
    if (value != null && PRINTABLE_ASCII.test(value)) headers.set(name, value);
  }
  for (const [name, value] of Object.entries(callerHeaders(caller))) headers.set(name, value);
  return headers;
}

function requestKey(context: ServerContext): string | undefined {
  const key = context.mcpReq._meta?.[REQUEST_KEY];
  if (key === undefined || (typeof key === "string" && key !== "")) return key;
  throw invalidParams(`_meta["${REQUEST_KEY}"] must be a non-empty string, the same one each time a call is repeated.`);
}

/** Sessions outlive connections, so there a hang-up is not a cancellation by itself; but nobody could get the answer. */
function callSignal(context: ServerContext): AbortSignal {
  const { signal } = context.mcpReq;
  const connection = context.sessionId === undefined ? undefined : context.http?.req?.signal;
  return connection === undefined ? signal : AbortSignal.any([signal, connection]);
}

/** A call's context, and a way to wait until the client has been sent every progress notification. */
export interface Call {
  readonly context: CallContext;
  progressSent(): Promise<void>;
}

/**
 * Makes the context of a call.
 *
 * @param allowed names of headers that travel on beside the trace context and the caller
 * @throws ProtocolError (-32602) for a request key that is not a string
 */
export function createCall(context: ServerContext, caller: Caller, allowed: readonly string[], log: Log): Call {
  const progressToken = context.mcpReq._meta?.progressToken;
  const call: CallContext = {
    signal: callSignal(context),
    headers: travellingHeaders(context, caller, allowed),
    scopes: caller.scopes,
    requestKey: requestKey(context),
  };
  if (progressToken === undefined) return { context: call, progressSent: async () => {} };

  let sent = Promise.resolve();
  let last = 0;
  const progress = (count: number, message: JsonObject) => {
    if (count <= last || call.signal.aborted) return;
    last = count;
    const text = JSON.stringify(message);
    const params = { progressToken, progress: count, ...(text.length <= MAX_PROGRESS_TEXT && { message: text }) };
    sent = sent
      .then(() => context.mcpReq.notify({ method: "notifications/progress", params }))
      .catch((error) => log("progress not sent", { error }, "info"));
  };
  return { context: { ...call, progress }, progressSent: () => sent };
}
