import { expect, test } from "vitest";
import { AnalyticsService } from "#gen/deskwire/analytics/v1/analytics_service_pb.js";
import { LazyContext } from "./lazy-context.ts";

const source = {
  method: AnalyticsService.method.analyze,
  protocolName: "grpc",
  headers: () => new Headers({ "deskwire-principal": "ada" }),
  signal: () => new AbortController().signal,
  url: "/deskwire.analytics.v1.AnalyticsService/Analyze",
};

test("the time that is left can be asked for apart from the context, as in every context of Connect", () => {
  const { timeoutMs } = new LazyContext({ ...source, deadline: performance.now() + 60_000 });
  expect(timeoutMs()).toBeGreaterThan(59_000);
  expect(timeoutMs()).toBeLessThanOrEqual(60_000);
  const late = new LazyContext({ ...source, deadline: performance.now() - 1 });
  expect(late.timeoutMs()).toBe(0);
  const unbounded = new LazyContext({ ...source, deadline: undefined });
  expect(unbounded.timeoutMs()).toBeUndefined();
});

test("what was not asked for is not made, and what was is made once", () => {
  let made = 0;
  const context = new LazyContext({
    ...source,
    deadline: undefined,
    headers: () => {
      made++;
      return source.headers();
    },
  });
  expect([made, context.setHeaders, context.setTrailers]).toEqual([0, undefined, undefined]);
  expect([context.requestHeader.get("deskwire-principal"), context.requestHeader, made]).toEqual([
    "ada",
    context.requestHeader,
    1,
  ]);
  expect(context.signal).toBe(context.signal);
});
