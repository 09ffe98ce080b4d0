import { expect, test } from "vitest";
import { traceHeaders } from "./trace-headers.ts";

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const from = (headers: Record<string, unknown>) => traceHeaders((name) => headers[name]);

test("a trace travels as it came, and nothing beside it", () => {
  const trace = { traceparent, tracestate: "vendor=1", baggage: "a=1" };
  expect(from({ ...trace, "x-other": "no" })).toEqual(trace);
  expect(from({ traceparent: ` ${traceparent} ` })).toEqual({ traceparent });
});

test("what is longer than has to travel, or no header can carry, stays behind", () => {
  expect(from({ traceparent, tracestate: `a=${"x".repeat(511)}`, baggage: `a=${"x".repeat(8_191)}` })).toEqual({
    traceparent,
  });
  expect(from({ traceparent: "", tracestate: "a=é", baggage: ["a=1", "b=2"] })).toEqual({});
});
