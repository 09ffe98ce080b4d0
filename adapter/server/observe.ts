// What is recorded of every MCP request: a span and a count.

import { ProtocolError } from "@modelcontextprotocol/server";
import type { Span } from "@opentelemetry/api";
import { CallStats, type Outcome } from "../../runtime/telemetry/call-stats.ts";
import { markFailed, type SpanStart, traced } from "../../runtime/telemetry/tracing.ts";
import { outcomeOf } from "../catalog/errors.ts";
import type { ToolResult } from "../catalog.ts";
import { traceHeaders } from "./call-context.ts";
import type { RequestContext } from "./request-context.ts";

type Handle<Request, Result> = (request: Request, context: RequestContext) => Result | Promise<Result>;
type Observed<Request, Result> = (request: Request, context: RequestContext) => Promise<Result>;

/** What has become of the requests to one endpoint, by the protocol's method, such as `tools/call`. */
export type McpStats = Map<string, CallStats>;

/** OpenTelemetry's conventions for MCP: named by method and target, the target one of few. */
function spanOf(method: string, target: string | undefined, context: RequestContext): SpanStart {
  const { id } = context;
  return {
    name: target === undefined ? method : `${method} ${target}`,
    kind: "SERVER",
    attributes: {
      "mcp.method.name": method,
      "network.transport": context.header ? "tcp" : "pipe",
      ...(target !== undefined &&
        method === "tools/call" && { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": target }),
      ...(target !== undefined && method === "prompts/get" && { "gen_ai.prompt.name": target }),
      // A client may choose any text.
      ...(typeof id === "number" && { "jsonrpc.request.id": String(id) }),
    },
    headers: new Headers(traceHeaders(context)),
  };
}

/** `tool_error` is what the conventions ask for; ours says which. */
function failTool(span: Span, result: ToolResult): void {
  const { code, reason } = outcomeOf(result) ?? {};
  markFailed(span, "tool_error");
  span.setAttributes({ "deskwire.error.code": code, "deskwire.error.reason": reason });
}

function outcomeOfThrown(error: unknown, { signal }: RequestContext): Outcome {
  if (signal.aborted) return { code: "canceled", reason: "" };
  return { code: error instanceof ProtocolError ? String(error.code) : "internal", reason: "" };
}

/** Records what becomes of the requests of a method. `targetOf` names what a request is for, where that is one of few. */
export function observed<Request, Result>(
  method: string,
  handle: Handle<Request, Result>,
  stats: McpStats,
  targetOf: (request: Request, context: RequestContext) => string | undefined = () => undefined,
): Observed<Request, Result> {
  const counted = stats.get(method) ?? new CallStats(method);
  stats.set(method, counted);
  return async (request, context) => {
    const began = counted.begin();
    try {
      const result = await traced(
        () => spanOf(method, targetOf(request, context), context),
        async (span) => {
          const result = await handle(request, context);
          if (span && (result as ToolResult).isError) failTool(span, result as ToolResult);
          return result;
        },
      );
      counted.end(began);
      return result;
    } catch (error) {
      counted.end(began, outcomeOfThrown(error, context));
      throw error;
    }
  };
}
