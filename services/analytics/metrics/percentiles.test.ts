import fc from "fast-check";
import { expect, test } from "vitest";
import { statistics } from "./percentiles.ts";

const seconds = fc.oneof(
  fc.nat(300),
  fc.nat(100_000),
  fc.nat(2 ** 31 - 1),
  fc.constantFrom(0, 127, 128, 255, 256, 511, 2 ** 31 - 1),
);
/** Cells have very few numbers, few, or so many that they get a histogram of their own. */
const cell = fc.oneof(
  { weight: 4, arbitrary: fc.array(seconds) },
  { weight: 2, arbitrary: fc.array(seconds, { minLength: 33, maxLength: 100, size: "max" }) },
  { weight: 1, arbitrary: fc.array(seconds, { minLength: 1_030, maxLength: 1_200, size: "max" }) },
);
const table = fc
  .record({ groups: fc.integer({ min: 1, max: 3 }), buckets: fc.integer({ min: 1, max: 4 }) })
  .chain((size) =>
    fc.record({
      ...{ groups: fc.constant(size.groups), buckets: fc.constant(size.buckets) },
      cells: fc.array(cell, { minLength: size.groups * size.buckets, maxLength: size.groups * size.buckets }),
      shown: fc.uniqueArray(fc.nat(size.groups - 1)).map((groups) => new Set(groups)),
      shares: fc.constantFrom([0.5, 0.9], [0.01, 1], [0.001]),
    }),
  );

test("counts, sums and percentiles of cells, groups, buckets and all are those of the sorted numbers, by nearest rank", () => {
  fc.assert(
    fc.property(table, ({ groups, buckets, cells, shown, shares }) => {
      const values = Int32Array.from(cells.flat());
      const begins = Uint32Array.from([0, ...cells].map((_, index) => cells.slice(0, index).flat().length));
      const found = statistics({ values, begins, groups, buckets, shown }, shares);
      const expected = (group: number | undefined, bucket: number | undefined) => {
        const inside = cells.filter((_, index) => {
          const [row, column] = [Math.floor(index / buckets), index % buckets];
          return (group ?? row) === row && (bucket ?? column) === column;
        });
        const sorted = inside.flat().toSorted((one, other) => one - other);
        return {
          ...{ count: sorted.length, sum: sorted.reduce((sum, value) => sum + value, 0) },
          found: shares.map((share) => sorted[Math.ceil(share * sorted.length) - 1] ?? -1),
        };
      };
      for (const group of [undefined, ...shown]) {
        for (const bucket of [undefined, ...Array.from({ length: buckets }, (_, index) => index)]) {
          expect({
            group,
            bucket,
            ...{ count: found.count(group, bucket), sum: found.sum(group, bucket) },
            found: shares.map((_, share) => found.percentile(group, bucket, share)),
          }).toEqual({
            group,
            bucket,
            ...expected(group, bucket),
          });
        }
      }
    }),
  );
});
