// Finding numbers by their rank among many without sorting them: they are counted in steps first, which tells in which step a rank
// lies; then the numbers of those steps, which are few, are put in order as far as it takes.

/** Steps for an octave, from 2^6 on; below, each number has a step of its own. */
const STEP_BITS = 6;
/** How many steps there are for numbers up to 2^31 - 1. */
export const STEPS = (31 - STEP_BITS + 1) << STEP_BITS;

/** How many numbers there are in each step. */
export type Histogram = Int32Array;

/** A step that grows with the number: numbers of a higher step are greater. */
export function stepOf(value: number): number {
  const shift = 31 - STEP_BITS - Math.clz32(value);
  return shift <= 0 ? value : (shift << STEP_BITS) + (value >>> shift);
}

/** The rank, from 0 on, of a share by nearest rank: so many of `count` numbers are smaller, or as small and before it. */
export const rankOf = (count: number, share: number) => Math.max(Math.ceil(share * count) - 1, 0);

/** Adds one histogram to another. */
export function addTo(sum: Histogram, histogram: Histogram): void {
  for (let step = 0; step < STEPS; step += 4) {
    (sum[step] as number) += histogram[step] as number;
    (sum[step + 1] as number) += histogram[step + 1] as number;
    (sum[step + 2] as number) += histogram[step + 2] as number;
    (sum[step + 3] as number) += histogram[step + 3] as number;
  }
}

/** What is looked for in a histogram: some percentiles, which are known to lie within some steps. */
export class Aim {
  /** The steps, rising, each once. */
  readonly #steps: number[] = [];
  /** The ranks among the numbers of these steps, from 0 on. */
  readonly #ranks: number[] = [];
  readonly #inside: Int32Array;
  #found = 0;

  /**
   * @param count how many numbers there are
   * @param shares rising
   */
  constructor(histogram: Histogram, count: number, shares: readonly number[]) {
    let step = 0;
    let before = 0;
    let kept = 0;
    for (const share of shares) {
      const rank = rankOf(count, share);
      for (let more = histogram[step] as number; before + more <= rank; more = histogram[++step] as number)
        before += more;
      if (this.#steps.at(-1) !== step) {
        kept += histogram[this.#steps.at(-1) ?? -1] ?? 0;
        this.#steps.push(step);
      }
      this.#ranks.push(rank - before + kept);
    }
    this.#inside = new Int32Array(kept + (histogram[step] as number));
  }

  /** Takes a number of one of the steps. */
  take(value: number): void {
    this.#inside[this.#found++] = value;
  }

  /** Sets a bit at each of the steps. */
  mark(flags: Uint8Array, bit: number): void {
    for (let at = 0; at < this.#steps.length; at++) (flags[this.#steps[at] as number] as number) |= bit;
  }

  /** Takes all bits away from the steps. */
  unmark(flags: Uint8Array): void {
    for (let at = 0; at < this.#steps.length; at++) flags[this.#steps[at] as number] = 0;
  }

  /** The percentile of one of the shares, once all numbers of the steps have been taken. */
  answer(share: number): number {
    return select(this.#inside, this.#found, this.#ranks[share] as number);
  }
}

/** Moves numbers until the one of a rank is in its place, and none before it is greater (Hoare's FIND). Returns that number. */
export function select(values: Int32Array, count: number, rank: number): number {
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const pivot = values[rank] as number;
    let left = low;
    let right = high;
    while (left <= right) {
      while ((values[left] as number) < pivot) left++;
      while ((values[right] as number) > pivot) right--;
      if (left > right) break;
      const value = values[left] as number;
      values[left++] = values[right] as number;
      values[right--] = value;
    }
    if (rank <= right) high = right;
    else if (rank >= left) low = left;
    else break;
  }
  return values[rank] as number;
}
