// Errors of the protocol itself, as opposed to a tool's own failures, which are results.
import { ProtocolError, ProtocolErrorCode } from "@modelcontextprotocol/server";
import { fitText } from "../../runtime/errors.ts";
import type { Log } from "../../runtime/log.ts";
import { isNestedDeeper } from "../../runtime/messages/nesting.ts";
import { nearest } from "../../runtime/nearest.ts";
import type { RequestContext } from "./request-context.ts";

/** Of a name that is shown. */
const MAX_NAME = 100;

/** Makes the JSON-RPC error -32602 (Invalid params). */
export function invalidParams(message: string): ProtocolError {
  return new ProtocolError(ProtocolErrorCode.InvalidParams, fitText(message));
}

/** Makes the -32602 that MCP answers to a tool or prompt that there is not, with the one that was most likely meant. */
export function unknownName(kind: "tool" | "prompt", name: string, names: Iterable<string>): ProtocolError {
  const near = nearest(name, names);
  const question = near ? ` Did you mean ${near}?` : "";
  return invalidParams(`Unknown ${kind}: ${fitText(name, MAX_NAME)}.${question} ${kind}s/list names those there are.`);
}

/** Makes the JSON-RPC error -32603 (Internal error). The message reaches the client. */
export function internalError(message: string): ProtocolError {
  return new ProtocolError(ProtocolErrorCode.InternalError, fitText(message));
}

/**
 * Keeps internals in: an error that was not made for the client is logged and answered as -32603.
 * The SDK alone would send the text of whatever is thrown.
 */
export function sealed<Request, Result>(
  handle: (request: Request, context: RequestContext) => Result | Promise<Result>,
  log: Log,
): (request: Request, context: RequestContext) => Promise<Result> {
  return async (request, context) => {
    try {
      return await handle(request, context);
    } catch (error) {
      if (error instanceof ProtocolError || context.signal.aborted) throw error;
      const incident = crypto.randomUUID();
      log("MCP request failed", { incident, method: context.method, error });
      throw internalError(`Internal error. Try again; if it stays, give the operator the incident number ${incident}.`);
    }
  };
}

/** As deep as a request may be nested: arguments as Protobuf's own parsers go, and what stands around them. */
const MAX_DEPTH = 200;

/** Whether a request is nested deeper than the SDK, which walks through it by recursion, has stack for. */
export function isTooDeep(request: unknown, bytes: number): boolean {
  // Each level takes two bytes, and most requests are short.
  return bytes > 2 * MAX_DEPTH && isNestedDeeper(request, MAX_DEPTH);
}

/** What is said of such a request, with the code -32600. */
export const TOO_DEEP = `Invalid request: it is nested more than ${MAX_DEPTH} levels deep.`;

/** Makes an HTTP answer that carries a JSON-RPC error and no request's id (MCP Streamable HTTP). */
export function errorResponse(status: number, code: number, message: string, headers: Record<string, string> = {}) {
  return Response.json({ jsonrpc: "2.0", id: null, error: { code, message } }, { status, headers });
}
