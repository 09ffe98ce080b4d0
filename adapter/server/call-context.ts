// From a request of the protocol to the context of a call to the service behind.
import type { ProgressToken } from "@modelcontextprotocol/server";
import type { PlainHeaders } from "../../runtime/calls/headers.ts";
import { copyHeader, copyTrace } from "../../runtime/calls/travelling-headers.ts";
import { callerHeaders, clientName } from "../../runtime/identity/caller.ts";
import type { Log } from "../../runtime/log.ts";
import type { CallContext, JsonObject } from "../catalog.ts";
import { invalidParams } from "./protocol-errors.ts";
import type { RequestContext } from "./request-context.ts";

/** The `_meta` key by which a client names a call, so that its repetition is known for one. */
const REQUEST_KEY = "deskwire/request-id";

const MAX_PROGRESS_TEXT = 4_000;

/** The caller's trace context, from `_meta` (MCP's place for it) or else from HTTP. */
export function traceHeaders({ header, meta }: Pick<RequestContext, "header" | "meta">): Record<string, string> {
  const headers: Record<string, string> = {};
  if (!copyTrace((name) => meta?.[name], headers) && header) copyTrace(header, headers);
  return headers;
}

/**
 * The headers that travel on: the trace, what the operator allows, and
 * who calls, as this server made it out. A caller's credentials stay here (MCP authorization, token passthrough).
 */
function travellingHeaders(context: RequestContext, allowed: readonly string[]): PlainHeaders {
  const headers = traceHeaders(context);
  if (context.header) for (const name of allowed) copyHeader(name, context.header, headers);
  const { name, version } = context.client ?? {};
  const client = clientName(name && `${name} ${version ?? ""}`.trim());
  return Object.assign(headers, callerHeaders(client ? { ...context.caller, client } : context.caller));
}

function requestKey({ meta }: RequestContext): string | undefined {
  const key = meta?.[REQUEST_KEY];
  if (key === undefined || (typeof key === "string" && key !== "")) return key;
  throw invalidParams(`_meta["${REQUEST_KEY}"] must be a non-empty string, the same one each time a call is repeated.`);
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
export function createCall(context: RequestContext, allowed: readonly string[], log: Log): Call {
  const progressToken = context.meta?.progressToken as ProgressToken | undefined;
  const call: CallContext = {
    signal: context.signal,
    headers: travellingHeaders(context, allowed),
    scopes: context.caller.scopes,
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
      .then(() => context.notify({ method: "notifications/progress", params }))
      .catch((error) => log("progress not sent", { error }, "info"));
  };
  return { context: { ...call, progress }, progressSent: () => sent };
}
