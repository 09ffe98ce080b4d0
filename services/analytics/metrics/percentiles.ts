// Exact percentiles of many numbers, without sorting them all.

/** Fewer than these are simply sorted. */
const SORTED = 256;
/** Buckets for an octave, from 2^7 on; below, each number has a bucket of its own. */
const STEPS = 128;
const STEP_BITS = 7;
const BUCKETS = (32 - STEP_BITS + 1) * STEPS;

const counts = new Uint32Array(BUCKETS);

/** A bucket that grows with the number: numbers of a higher bucket are greater. */
function bucketOf(value: number): number {
  if (value < STEPS) return value;
  const shift = 24 - Math.clz32(value);
  return (shift << STEP_BITS) + (value >>> shift);
}

/**
 * Finds percentiles by nearest rank: the smallest number such that the share `p` of all are not greater. Two passes over the
 * numbers: one counts them in buckets that grow with the number, one sorts what is in the bucket of each rank.
 *
 * @param values not empty
 * @param shares from 0 (exclusive) to 1, such as 0.5 and 0.9
 */
export function percentiles(values: Uint32Array, shares: readonly number[]): number[] {
  const ranks = shares.map((share) => Math.max(Math.ceil(share * values.length) - 1, 0));
  if (values.length <= SORTED) {
    const sorted = values.slice().sort();
    return ranks.map((rank) => sorted[rank] as number);
  }
  counts.fill(0);
  for (let index = 0; index < values.length; index++) {
    const bucket = bucketOf(values[index] as number);
    counts[bucket] = (counts[bucket] as number) + 1;
  }
  return ranks.map((rank) => {
    let bucket = 0;
    let before = 0;
    while (before + (counts[bucket] as number) <= rank) before += counts[bucket++] as number;
    // A number this small has its bucket to itself.
    if (bucket < 2 * STEPS) return bucket;
    const inside = new Uint32Array(counts[bucket] as number);
    let count = 0;
    for (let index = 0; index < values.length; index++) {
      if (bucketOf(values[index] as number) === bucket) inside[count++] = values[index] as number;
    }
    return inside.sort()[rank - before] as number;
  });
}
