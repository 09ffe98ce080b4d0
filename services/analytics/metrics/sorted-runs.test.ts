import fc from "fast-check";
import { expect, test } from "vitest";
import { risingLists } from "./rising-lists.ts";
import { SortedRuns } from "./sorted-runs.ts";

const number = fc.oneof(
  fc.nat(300),
  fc.nat(100_000),
  fc.nat(2 ** 31 - 1),
  fc.constantFrom(0, 1, 2 ** 16 - 1, 2 ** 16, 2 ** 31 - 1),
);
const many = (one: fc.Arbitrary<number>) => fc.array(one, { minLength: 200, maxLength: 400, size: "max" });
/** Few numbers, many, many that are one run, and many that are the same. */
const list = fc.oneof(fc.array(number, { maxLength: 30 }), many(number), many(fc.nat(50_000)), many(fc.nat(3)));
const lists = fc.oneof(fc.array(list, { maxLength: 2 }), fc.array(list, { maxLength: 12 }));
const beginsOf = (all: readonly number[][]) => {
  const begins = [0];
  for (const { length } of all) begins.push((begins.at(-1) ?? 0) + length);
  return Uint32Array.from(begins);
};

test("count, sum and numbers of any rank are those of all numbers together, sorted", () => {
  fc.assert(
    fc.property(lists, lists, fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (some, others, shares) => {
      const runs = new SortedRuns();
      for (const part of [some, others]) {
        const rising = risingLists(Int32Array.from(part.flat()), beginsOf(part));
        for (const index of part.keys()) runs.add(rising, index);
      }
      const sorted = [...some, ...others].flat().toSorted((one, other) => one - other);
      expect(runs.count).toBe(sorted.length);
      expect(runs.sum).toBe(sorted.reduce((sum, value) => sum + value, 0));
      if (sorted.length === 0) return;
      const ranks = [0, sorted.length - 1, ...shares.map((share) => Math.floor(share * (sorted.length - 1)))];
      expect(runs.ofRanks(ranks)).toEqual(ranks.map((rank) => sorted[rank]));
    }),
  );
});
