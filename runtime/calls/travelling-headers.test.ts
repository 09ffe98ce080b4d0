import { expect, test } from "vitest";
import { copyTrace } from "./travelling-headers.ts";

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

function copied(from: Record<string, unknown>): Record<string, string> {
  const headers: Record<string, string> = {};
  copyTrace((name) => from[name], headers);
  return headers;
}

test("a trace travels as it came, and nothing beside it", () => {
  const trace = { traceparent, tracestate: "vendor=1", baggage: "a=1" };
  expect(copied({ ...trace, "x-other": "no" })).toEqual(trace);
});

test("what is longer than has to travel, or what no header can carry, stays behind", () => {
  const tracestate = `a=${"x".repeat(511)}`;
  expect(copied({ traceparent, tracestate, baggage: `a=${"x".repeat(8_191)}` })).toEqual({ traceparent });
  expect(copied({ traceparent, tracestate: "a=é", baggage: ["a=1", "b=2"] })).toEqual({ traceparent });
  expect(copied({ traceparent: "00-1-2-3", baggage: "a=1" })).toEqual({});
});
