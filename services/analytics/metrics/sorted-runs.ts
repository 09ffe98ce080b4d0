// Numbers by their rank among several sorted lists, as if all were one, without putting them together.
import type { RisingLists } from "./rising-lists.ts";

/** Fewer numbers than this are taken out at once. */
const FEW = 256;
const MAX = 2 ** 31 - 1;

/** Numbers that were taken out; used over and over. */
let taken = new Int32Array(FEW);

/** The first place in a range whose number is not below `value`; its end if there is none. */
function placeNotBelow(values: Uint16Array, value: number, from: number, to: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
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

/** Runs of rising numbers, each with the same upper bits. */
export class SortedRuns {
  #count = 0;
  #sum = 0;
  readonly #lows: Uint16Array[] = [];
  readonly #bases: number[] = [];
  readonly #begins: number[] = [];
  readonly #ends: number[] = [];

  /** How many numbers there are. */
  get count(): number {
    return this.#count;
  }

  get sum(): number {
    return this.#sum;
  }

  /** Adds a list. */
  add({ lows, highs, begins, runs, sums }: RisingLists, list: number): void {
    const end = runs[list + 1] as number;
    for (let run = runs[list] as number; run < end; run++) {
      this.#lows.push(lows);
      this.#bases.push((highs[run] as number) * 2 ** 16);
      this.#begins.push(begins[run] as number);
      this.#ends.push(begins[run + 1] as number);
      this.#count += (begins[run + 1] as number) - (begins[run] as number);
    }
    this.#sum += sums[list] as number;
  }

  /**
   * The numbers of some ranks, from 0 on: so many numbers are smaller, or as small and before it.
   *
   * Every so many numbers of each run are a sample, whose numbers tell between which two a rank lies for certain; what is
   * between these, of all runs, is taken out (after Munro and Paterson, Selection and sorting with limited storage, 1980).
   */
  ofRanks(ranks: readonly number[]): number[] {
    if (taken.length < this.#count) taken = new Int32Array(2 * this.#count);
    const runs = this.#lows.length;
    const step = this.#count < FEW ? 1 : Math.floor(Math.sqrt(this.#count / runs));
    const sampled = this.#sample(step);
    if (step === 1) return ranks.map((rank) => select(taken, sampled, rank));
    const bounds = ranks.map((rank) => {
      // So many numbers of the sample are below it at most, and at least so many are not above it.
      const [below, upTo] = [Math.floor((rank - runs * (step - 1)) / step), Math.ceil((rank + 1) / step) - 1];
      const low = below < 0 ? 0 : select(taken, sampled, below);
      return { rank, low, high: upTo < sampled ? select(taken, sampled, upTo) : MAX };
    });
    return bounds.map(({ rank, low, high }) => (low === high ? low : this.#between(low, high, rank)));
  }

  /** Takes every so many numbers of each run out. Returns how many. */
  #sample(step: number): number {
    const numbers = taken;
    const ends = this.#ends;
    let count = 0;
    for (let run = 0; run < ends.length; run++) {
      const lows = this.#lows[run] as Uint16Array;
      const base = this.#bases[run] as number;
      const end = ends[run] as number;
      for (let at = (this.#begins[run] as number) + step - 1; at < end; at += step) {
        numbers[count++] = base + (lows[at] as number);
      }
    }
    return count;
  }

  /** The number of a rank, which is known to be between these two. */
  #between(low: number, high: number, rank: number): number {
    const numbers = taken;
    const ends = this.#ends;
    let before = 0;
    let count = 0;
    for (let run = 0; run < ends.length; run++) {
      const lows = this.#lows[run] as Uint16Array;
      const base = this.#bases[run] as number;
      const begin = this.#begins[run] as number;
      const end = ends[run] as number;
      const from = placeNotBelow(lows, low - base, begin, end);
      before += from - begin;
      for (let at = from; at < end; at++) {
        const value = base + (lows[at] as number);
        if (value > high) break;
        numbers[count++] = value;
      }
    }
    return select(numbers, count, rank - before);
  }
}
