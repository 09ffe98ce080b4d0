import { expect, test } from "vitest";
import { localEngine } from "../engine/local-engine.ts";
import { ReadingCache } from "./reading-cache.ts";

const reading = localEngine.analyze("It is terrible.");

test("a reading is kept for its engine alone, and the later one counts", () => {
  const cache = new ReadingCache();
  cache.keep("a/1", "hash", reading);
  const { bytes } = cache;
  expect(cache.get("a/1", "hash")).toBe(reading);
  expect(cache.get("a/1+taught", "hash")).toBeUndefined();
  const later = localEngine.analyze("It is terrible.");
  cache.keep("a/1", "hash", later);
  expect(cache.get("a/1", "hash")).toBe(later);
  expect(cache.bytes).toBe(bytes);
});

test("it stays within its bound of bytes, and forgets first what was not used for longest", () => {
  const cache = new ReadingCache(20_000);
  cache.keep("a/1", "used", reading);
  for (let index = 0; index < 1_000; index++) {
    cache.keep("a/1", `${index}`, reading);
    expect(cache.get("a/1", "used")).toBe(reading);
    expect(cache.bytes).toBeLessThanOrEqual(20_000);
  }
  expect(cache.bytes).toBeGreaterThan(15_000);
  expect(cache.get("a/1", "0")).toBeUndefined();
  expect(cache.get("a/1", "999")).toBe(reading);
});
