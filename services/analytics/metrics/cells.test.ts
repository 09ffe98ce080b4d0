import { expect, test } from "vitest";
import { liesIn, touches } from "./cells.ts";

const window = { start: 100, end: 200 };
const facts = (minTime: number, maxTime: number) => ({ minTime, maxTime });

test("facts touch a window from its first second on, and before its end", () => {
  expect(touches(facts(50, 99), window)).toBe(false);
  expect(touches(facts(50, 100), window)).toBe(true);
  expect(touches(facts(199, 250), window)).toBe(true);
  expect(touches(facts(200, 250), window)).toBe(false);
});

test("facts lie in a window that has the first and the last of them", () => {
  expect(liesIn(facts(100, 199), window)).toBe(true);
  expect(liesIn(facts(99, 199), window)).toBe(false);
  expect(liesIn(facts(100, 200), window)).toBe(false);
});
