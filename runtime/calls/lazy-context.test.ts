import { expect, test } from "vitest";
import { AnalyticsService } from "#gen/deskwire/analytics/v1/analytics_service_pb.js";
import { plainHeaders } from "./headers.ts";
import { headerOf, LazyContext } from "./lazy-context.ts";

const source = {
  method: AnalyticsService.method.analyze,
  protocolName: "grpc",
  headers: { ":path": "/", "deskwire-principal": "ada" },
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
  const context = new LazyContext({ ...source, deadline: undefined });
  expect([context.setHeaders, context.setTrailers]).toEqual([undefined, undefined]);
  expect([...context.requestHeader]).toEqual([["deskwire-principal", "ada"]]);
  expect(context.requestHeader).toBe(context.requestHeader);
  expect(context.signal).toBe(context.signal);
});

test("one header is read alike from every kind of headers", () => {
  for (const headers of [source.headers, new Headers({ "Deskwire-Principal": "ada" })]) {
    const context = new LazyContext({ ...source, headers, deadline: undefined });
    expect([headerOf(context, "deskwire-principal"), headerOf(context, "deskwire-scopes")]).toEqual(["ada", null]);
  }
  expect(headerOf({ requestHeader: new Headers({ "deskwire-principal": "ada" }) }, "deskwire-principal")).toBe("ada");
});

test("headers that a caller gives come out by their names in lower case", () => {
  const given = [{ "Deskwire-Tool": "a" }, [["Deskwire-Tool", "a"]], new Headers({ "Deskwire-Tool": "a" })];
  for (const headers of given)
    expect(plainHeaders(headers as Record<string, string>)).toEqual({ "deskwire-tool": "a" });
  expect(plainHeaders(undefined)).toEqual({});
});
