import { expect, test } from "vitest";
import { isNestedDeeper } from "./nesting.ts";

test("levels are counted by arrays and objects within each other", () => {
  expect(isNestedDeeper({ a: [{ b: 1 }], c: {} }, 3)).toBe(false);
  expect(isNestedDeeper({ a: [{ b: 1 }], c: {} }, 2)).toBe(true);
  expect(isNestedDeeper("text", 0)).toBe(false);
});

test("what no recursion gets through is told as well", () => {
  const deep = JSON.parse("[".repeat(100_000) + "]".repeat(100_000));
  expect(isNestedDeeper(deep, 200)).toBe(true);
});
