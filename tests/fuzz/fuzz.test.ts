import { expect, test } from "vitest";
import { fuzz } from "./fuzz.ts";

const CASES = 3_000;

test(`${CASES} malformed requests break nothing, hang nowhere, and write nothing where they are refused`, async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  console.log(`npm run fuzz -- --cases ${CASES} --seed ${seed}`);
  const { problems, codes, heapGrowth } = await fuzz({ cases: CASES, seed });
  expect(problems).toEqual([]);
  // Enough of them get past the validation.
  expect(codes.ok).toBeGreaterThan(CASES / 20);
  expect(heapGrowth).toBeLessThan(64 * 2 ** 20);
});
