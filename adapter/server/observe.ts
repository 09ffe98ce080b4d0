// What is recorded of every MCP request: a span, a count, and a line in the log where a tool failed.
import { ProtocolError, type ServerContext } from "@modelcontextprotocol/server";
import type { Log } from "../../runtime/log.ts";
import { CallStats, type Outcome } from "../../runtime/telemetry/call-stats.ts";
import { type SpanStart, traced } from "../../runtime/telemetry/tracing.ts";
import type { Catalog, ToolResult } from "../catalog.ts";
import { traceHeaders } from "./call-context.ts";

type Handle<Request, Result> = (request: Request, context: ServerContext) => Result | Promise<Result>;
type Observed<Request, Result> = (request: Request, context: ServerContext) => Promise<Result>;

/** What has become of the requests to one endpoint. */
export interface McpStats {
  /** By the protocol's method, such as `tools/call`. */
  readonly methods: Map<string, CallStats>;
  /** By tool. */
  readonly tools: ReadonlyMap<string, CallStats>;
}

/** Makes room to count what a catalog offers. */
export function createStats({ tools }: Catalog): McpStats {
  const names = tools.map(({ definition }) => definition.name);
  return { methods: new Map(), tools: new Map(names.map((name) => [name, new CallStats(name)])) };
}

/** OpenTelemetry's conventions for MCP: named by method and target, the target one of few. */
function spanOf(method: string, target: string | undefined, context: ServerContext): SpanStart {
  const { id } = context.mcpReq;
  return {
    name: target === undefined ? method : `${method} ${target}`,
    kind: "SERVER",
    attributes: {
      "mcp.method.name": method,
      "network.transport": context.http ? "tcp" : "pipe",
      ...(target !== undefined && method === "tools/call" && { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": target }),
      ...(target !== undefined && method === "prompts/get" && { "gen_ai.prompt.name": target }),
      // A client may choose any text.
      ...(typeof id === "number" && { "jsonrpc.request.id": String(id) }),
    },
    headers: traceHeaders(context),
  };
}

/** A failed tool answers with one property, its error. */
function outcomeOf({ isError, structuredContent }: ToolResult): Outcome | undefined {
  if (!isError) return undefined;
  const [error] = Object.values(structuredContent) as [{ code?: unknown; reason?: unknown }?];
  return { code: String(error?.code ?? "unknown"), reason: String(error?.reason ?? "") };
}

function outcomeOfThrown(error: unknown, { mcpReq }: ServerContext): Outcome {
  if (mcpReq.signal.aborted) return { code: "canceled", reason: "" };
  return { code: error instanceof ProtocolError ? String(error.code) : "internal", reason: "" };
}

/** Records what becomes of the requests of a method. `targetOf` names what a request is for, where that is one of few. */
export function observed<Request, Result>(
  method: string,
  handle: Handle<Request, Result>,
  stats: McpStats,
  targetOf: (request: Request, context: ServerContext) => string | undefined = () => undefined,
): Observed<Request, Result> {
  const counted = stats.methods.get(method) ?? new CallStats(method);
  stats.methods.set(method, counted);
  return async (request, context) => {
    const began = counted.begin();
    try {
      const result = await traced(
        () => spanOf(method, targetOf(request, context), context),
        async () => handle(request, context),
      );
      counted.end(began);
      return result;
    } catch (error) {
      counted.end(began, outcomeOfThrown(error, context));
      throw error;
    }
  };
}

/** Counts a call of a tool, and logs one that failed. */
export async function observedTool(
  name: string,
  call: () => Promise<ToolResult>,
  { tools }: McpStats,
  log: Log,
): Promise<ToolResult> {
  const stats = tools.get(name);
  const began = stats?.begin() ?? performance.now();
  const result = await call();
  const failure = outcomeOf(result);
  stats?.end(began, failure);
  if (failure) {
    const span = activeSpan();
    // "tool_error" is what the conventions ask for; ours says which.
    span?.setStatus({ code: 2 });
    span?.setAttributes({ "error.type": "tool_error", "deskwire.error.code": failure.code, "deskwire.error.reason": failure.reason });
    log("tool call refused", { tool: name, ...failure, ms: Math.round((performance.now() - began) * 10) / 10 });
  }
  return result;
}
