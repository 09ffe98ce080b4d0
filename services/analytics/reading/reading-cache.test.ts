import { expect, test } from "vitest";
import { lexiconEngine } from "../engine/lexicon-engine.ts";
import { ReadingCache } from "./reading-cache.ts";

const read = (text: string) => () => lexiconEngine.analyze(text);
const never = () => expect.fail("it was kept");

test("a text is read once by each engine", () => {
  const cache = new ReadingCache();
  const first = cache.through("a/1", "It is terrible.", read("It is terrible."));
  expect(cache.through("a/1", "It is terrible.", never)).toBe(first);
  let times = 0;
  cache.through("a/1+taught", "It is terrible.", () => {
    times++;
    return first;
  });
  expect(times).toBe(1);
});

test("it stays within its bound of bytes, and forgets first what was not used for longest", () => {
  const cache = new ReadingCache(20_000);
  cache.through("a/1", "kept", read("kept"));
  for (let index = 0; index < 1_000; index++) {
    cache.through("a/1", `text ${index}`, read(`text ${index}`));
    cache.through("a/1", "kept", never);
    expect(cache.bytes).toBeLessThanOrEqual(20_000);
  }
  expect(cache.bytes).toBeGreaterThan(15_000);
  let forgotten = false;
  cache.through("a/1", "text 0", () => {
    forgotten = true;
    return lexiconEngine.analyze("text 0");
  });
  expect(forgotten).toBe(true);
});
