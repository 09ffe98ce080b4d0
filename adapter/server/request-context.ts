// What is known of one request of the protocol, whichever way it came in.
import type {
  ClientCapabilities,
  Implementation,
  RequestId,
  Server,
  ServerContext,
} from "@modelcontextprotocol/server";
import type { Caller } from "../../runtime/identity/caller.ts";

/** A request and who it is from. */
export interface RequestContext {
  readonly id: RequestId;
  readonly method: string;
  /** Who calls, as this server made it out. */
  readonly caller: Caller;
  /** The program that calls, as it names itself. */
  readonly client: Implementation | undefined;
  readonly capabilities: ClientCapabilities | undefined;
  readonly meta: Readonly<Record<string, unknown>> | undefined;
  /** The value of an HTTP header by its name in lower case; absent where the request did not come over HTTP. */
  readonly header?: ((name: string) => string | null | undefined) | undefined;
  /** Ends with the request: by the client's cancellation, or because nobody is left to answer. */
  readonly signal: AbortSignal;
  /** What the client has answered to questions of this request, by question. */
  readonly inputResponses?: ServerContext["mcpReq"]["inputResponses"];
  notify(notification: Parameters<ServerContext["mcpReq"]["notify"]>[0]): Promise<void>;
}

/** Sessions outlive connections, so there a hang-up is not a cancellation by itself; but nobody could get the answer. */
function signalOf({ mcpReq, http, sessionId }: ServerContext): AbortSignal {
  const connection = sessionId === undefined ? undefined : http?.req?.signal;
  return connection === undefined ? mcpReq.signal : AbortSignal.any([mcpReq.signal, connection]);
}

/** Makes the context of a request that the SDK has taken in. */
export function requestContext(server: Server, context: ServerContext, caller: Caller): RequestContext {
  const { mcpReq } = context;
  const headers = context.http?.req?.headers;
  return {
    id: mcpReq.id,
    method: mcpReq.method,
    caller,
    client: server.getClientVersion(),
    capabilities: server.getClientCapabilities(),
    meta: mcpReq._meta,
    header: headers && ((name) => headers.get(name)),
    signal: signalOf(context),
    inputResponses: mcpReq.inputResponses,
    notify: (notification) => mcpReq.notify(notification),
  };
}
