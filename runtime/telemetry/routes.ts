// Plain HTTP: where metrics are read, and what is recorded of posts to other paths.
import { ConnectError } from "@connectrpc/connect";
import { codeToHttpStatus } from "@connectrpc/connect/protocol-connect";
import { answerError, refuseMethod } from "../http/http-error.ts";
import type { HttpRequest } from "../http/http-port.ts";
import type { ListenOptions, Route } from "../http/listener.ts";
import type { Log } from "../log.ts";
import type { CallStats } from "./call-stats.ts";
import { type Exposition, openExposition } from "./exposition.ts";
import type { Metric } from "./metrics.ts";
import { markFailed, type SpanStart, traced } from "./tracing.ts";

/** Answers a scraper; `mayRead` throws the ConnectError that refuses it. */
export function metricsRoute(metrics: readonly Metric[], mayRead: ListenOptions["mayReadMetrics"], log: Log): Route {
  let opened: Promise<Exposition> | undefined;
  return async (request, response) => {
    if (request.method !== "GET" && request.method !== "HEAD") return refuseMethod(request, response);
    try {
      await mayRead?.(request);
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      return answerError(request, response, codeToHttpStatus(error.code), error);
    }
    opened ??= openExposition(metrics, log);
    const exposition = await opened;
    const text = await exposition.text();
    response.setHeader("content-type", exposition.contentType);
    response.end(text);
  };
}

/** Counts what is posted; other requests, such as a stream of events, last as long as their clients wish. */
export function countedRoutes(
  routes: Readonly<Record<string, Route>>,
  stats: readonly CallStats[],
): Record<string, Route> {
  const counted = Object.entries(routes).map(([path, route], index): [string, Route] => [
    path,
    (request, response) => {
      const calls = request.method === "POST" ? stats[index] : undefined;
      const began = calls?.begin() ?? 0;
      response.once("close", () => {
        const { statusCode } = response;
        calls?.end(began, statusCode < 400 ? undefined : { code: String(statusCode), reason: "" });
      });
      return route(request, response);
    },
  ]);
  return Object.fromEntries(counted);
}

/**
 * Makes a span of each post (OpenTelemetry, HTTP server spans). For plain paths that do something of their own; MCP, whose
 * requests say themselves what trace they belong to, has spans of its own.
 */
export function tracedRoutes(routes: Readonly<Record<string, Route>>): Record<string, Route> {
  const traces = Object.entries(routes).map(([path, route]): [string, Route] => {
    const spanOf = ({ headers: { traceparent, tracestate } }: HttpRequest): SpanStart => ({
      name: `POST ${path}`,
      kind: "SERVER",
      attributes: { "http.request.method": "POST", "http.route": path },
      headers: new Headers({
        ...(traceparent && { traceparent: String(traceparent) }),
        ...(tracestate && { tracestate: String(tracestate) }),
      }),
    });
    return [
      path,
      (request, response) =>
        request.method !== "POST"
          ? route(request, response)
          : traced(
              () => spanOf(request),
              async (span) => {
                await route(request, response);
                span?.setAttribute("http.response.status_code", response.statusCode);
                if (span && response.statusCode >= 500) markFailed(span, String(response.statusCode));
              },
            ),
    ];
  });
  return Object.fromEntries(traces);
}
