import { expect, it } from "vitest";
import { MAX_ATTEMPTS, retryDelayMs } from "./settle.ts";

const SECOND = 1000;
const HOUR = 60 * 60 * SECOND;
const middle = () => 0.5;

it("attempts are three times as far apart each time, up to six hours", () => {
  const delays = Array.from({ length: MAX_ATTEMPTS - 1 }, (_, index) => retryDelayMs(index + 1, 0, middle) / SECOND);
  expect(delays).toEqual([5, 15, 45, 135, 405, 1215, 3645, 10935, 21600, 21600, 21600]);
});

it("all attempts take about a day", () => {
  const hours = [0, 0.5, 1].map((random) => {
    const delays = Array.from({ length: MAX_ATTEMPTS - 1 }, (_, index) => retryDelayMs(index + 1, 0, () => random));
    return delays.reduce((sum, delay) => sum + delay, 0) / HOUR;
  });
  expect(hours.map(Math.round)).toEqual([18, 23, 27]);
});

it("a fifth more or less keeps what failed together apart", () => {
  expect([retryDelayMs(1, 0, () => 0), retryDelayMs(1, 0, () => 1)]).toEqual([4_000, 6_000]);
});

it("an endpoint may ask for more time, up to six hours, never for less", () => {
  expect(retryDelayMs(1, 60 * SECOND, middle)).toBe(60 * SECOND);
  expect(retryDelayMs(1, SECOND, middle)).toBe(5 * SECOND);
  expect(retryDelayMs(1, 1000 * HOUR, middle)).toBe(6 * HOUR);
});
