import { create, toJson } from "@bufbuild/protobuf";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { expect, it } from "vitest";
import { timestampText, toTimestamp } from "./timestamps.ts";

it("writes times as ProtoJSON does", () => {
  const whole = fc.integer({ min: -10_000, max: 8_000_000_000 }).map((seconds) => seconds * 1_000);
  const times = fc.oneof(
    whole,
    fc.maxSafeNat().map((ms) => ms % 8_000_000_000_000),
  );
  fc.assert(
    fc.property(times, (ms) => {
      expect(timestampText(toTimestamp(ms))).toBe(toJson(TimestampSchema, toTimestamp(ms)));
    }),
  );
});

it.each([
  [0n, 1, "1970-01-01T00:00:00.000000001Z"],
  [-1n, 500_000_000, "1969-12-31T23:59:59.500Z"],
  [46_800n, 0, "1970-01-01T13:00:00Z"],
  [1_772_323_199n, 7_000_000, "2026-02-28T23:59:59.007Z"],
])("writes %s s and %s ns", (seconds, nanos, text) => {
  expect(timestampText(create(TimestampSchema, { seconds, nanos }))).toBe(text);
});

it("refuses what no year from 1 to 9999 has", () => {
  expect(() => timestampText(create(TimestampSchema, { seconds: 253_402_300_800n }))).toThrow("9999");
});
