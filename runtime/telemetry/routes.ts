// Metrics over HTTP: where they are read, and the count of what is posted to plain paths.
import { ConnectError } from "@connectrpc/connect";
import { codeToHttpStatus } from "@connectrpc/connect/protocol-connect";
import { answerError, refuseMethod } from "../http-error.ts";
import type { ListenOptions, Route } from "../listener.ts";
import type { Log } from "../log.ts";
import type { CallStats } from "./call-stats.ts";
import { type Exposition, openExposition } from "./exposition.ts";
import type { Metric } from "./metrics.ts";

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
