import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
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

test("texts are not kept for the sake of a word in them", () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage: () => void = runInNewContext("gc");
  const chatter = "we are talking about this and that all day long here ".repeat(200);
  const cache = new ReadingCache();
  const heap = () => {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const before = heap();
  for (let index = 0; index < 100; index++) {
    const text = `Our subscription was terminated and the reimbursement is delayed. ${chatter}${index}`;
    cache.keep("a/1", `${index}`, localEngine.analyze(text));
  }
  expect(cache.get("a/1", "0")?.categorization.evidence).toContain("reimbursement");
  expect(heap() - before).toBeLessThan(100 * chatter.length * 0.5);
});
