import { expect, test } from "vitest";
import { DAY_MS } from "../time-units.ts";
import { isTimeZone, offsetRuns } from "./zone-offsets.ts";

const iso = (time: number) => new Date(time).toISOString();

test("both changes of a short stretch are found, wherever the search begins", () => {
  const end = Date.parse("2026-06-01T00:00:00Z");
  for (let days = 0; days < 100; days += 3) {
    const runs = offsetRuns("Africa/Casablanca", Date.parse("2025-11-01T00:00:00Z") + days * DAY_MS, end);
    expect(runs.map(({ start }) => iso(start)).slice(1)).toEqual([
      "2026-02-15T02:00:00.000Z",
      "2026-03-22T02:00:00.000Z",
    ]);
    expect(runs.map(({ offset }) => offset / DAY_MS)).toEqual([1 / 24, 0, 1 / 24]);
    expect(runs.at(-1)?.end).toBe(end);
  }
});

test("offsets of half hours, and of seconds before there were zones", () => {
  const offsetAt = (zone: string, time: string) => offsetRuns(zone, Date.parse(time), Date.parse(time) + 1)[0]?.offset;
  expect(offsetAt("Asia/Kathmandu", "2026-01-01T00:00:00Z")).toBe(345 * 60_000);
  expect(offsetAt("America/St_Johns", "2026-01-01T00:00:00Z")).toBe(-210 * 60_000);
  expect(offsetAt("America/New_York", "1850-01-01T00:00:00Z")).toBe(-(4 * 3600 + 56 * 60 + 2) * 1000);
});

test("a name is a time zone or not", () => {
  expect(["Europe/Berlin", "UTC", "Europe/Berln", ""].map(isTimeZone)).toEqual([true, true, false, false]);
});
