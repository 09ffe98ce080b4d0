import fc from "fast-check";
import { expect, test } from "vitest";
import { percentiles } from "./percentiles.ts";

const seconds = fc.oneof(
  fc.nat(300),
  fc.nat(100_000),
  fc.nat(2 ** 31 - 1),
  fc.constantFrom(0, 127, 128, 255, 256, 511),
);

test("percentiles are those of the sorted numbers, by nearest rank, for few and for many", () => {
  const numbers = fc.oneof(
    fc.array(seconds, { minLength: 1 }),
    fc.array(seconds, { minLength: 257, maxLength: 2_000 }),
  );
  fc.assert(
    fc.property(numbers, (values) => {
      const sorted = values.toSorted((one, other) => one - other);
      const shares = [0.01, 0.5, 0.9, 1];
      const expected = shares.map((share) => sorted[Math.ceil(share * values.length) - 1]);
      expect(percentiles(Uint32Array.from(values), shares)).toEqual(expected);
    }),
  );
});
