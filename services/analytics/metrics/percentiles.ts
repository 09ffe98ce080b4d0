// Counts, sums and exact percentiles of many numbers: of cells, which are told apart by group and bucket, of their groups, of
// their buckets and of all.
import { Aim, addTo, type Histogram, rankOf, STEPS, select, stepOf } from "./selection.ts";

/** Cells with fewer numbers are not worth a histogram of their own. */
const FEW = 1024;
/** Even fewer are put in order as they are. */
const VERY_FEW = 32;
/** In between, eight steps are one. */
const COARSE_BITS = 3;

/** Numbers in the order of their cells. */
export interface CellValues {
  /** From 0 to 2^31 - 1. */
  readonly values: Int32Array;
  /** Where the numbers of each cell begin; cells go by group, then by bucket. One more than there are cells. */
  readonly begins: Uint32Array;
  readonly groups: number;
  readonly buckets: number;
  /** The groups whose own percentiles are asked for. */
  readonly shown: ReadonlySet<number>;
}

/**
 * What is known of the numbers of a group in a bucket; of all groups, or over all buckets, where none is named; for groups not
 * shown, nothing.
 */
export interface Statistics {
  count(group: number | undefined, bucket: number | undefined): number;
  sum(group: number | undefined, bucket: number | undefined): number;
  /**
   * The smallest number such that the share of all are not greater (nearest rank); -1 where there are no numbers.
   *
   * @param share which of the shares, by its place
   */
  percentile(group: number | undefined, bucket: number | undefined, share: number): number;
}

/**
 * Counts numbers, adds them up, and finds percentiles.
 *
 * @param shares rising, from 0 (exclusive) to 1, such as 0.5 and 0.9
 */
export function statistics(cells: CellValues, shares: readonly number[]): Statistics {
  const { groups, buckets } = cells;
  const { counts, sums, percentiles } = new Search(cells, shares).find();
  return {
    count: (group = groups, bucket = buckets) => counts[keyOf(cells, group, bucket)] as number,
    sum: (group = groups, bucket = buckets) => sums[keyOf(cells, group, bucket)] as number,
    percentile: (group = groups, bucket = buckets, share) =>
      percentiles[keyOf(cells, group, bucket) * shares.length + share] as number,
  };
}

/** The only group is all there is, and so is the only bucket. */
function keyOf({ groups, buckets }: Pick<CellValues, "groups" | "buckets">, group: number, bucket: number): number {
  return (groups === 1 ? 1 : group) * (buckets + 1) + (buckets === 1 ? 1 : bucket);
}

/** Of each number its step, found once; used over and over. */
let steps = new Uint16Array(0);
/** Counts what nobody asks for. */
const spare = new Int32Array(STEPS);
/** Of each step which aims it is of, a bit each, four at most. */
const flags = new Uint8Array(STEPS);
const coarse = new Int32Array(STEPS >>> COARSE_BITS);
/** Numbers, or their places, that were picked out, and after them one that was looked at and not picked. */
const few = new Int32Array(FEW + 1);
let picked = new Int32Array(0);

/** Two passes over the numbers: the first counts, and is done with small cells at once; the second takes out what is aimed at. */
class Search {
  /** By `keyOf`. */
  readonly counts: Int32Array;
  readonly sums: Float64Array;
  /** Of each key as many as there are shares. */
  readonly percentiles: Int32Array;
  readonly #cells: CellValues;
  readonly #shares: readonly number[];
  readonly #aims = new Map<number, Aim>();

  constructor(cells: CellValues, shares: readonly number[]) {
    this.#cells = cells;
    this.#shares = shares;
    const keys = (cells.groups + 1) * (cells.buckets + 1);
    this.counts = new Int32Array(keys);
    this.sums = new Float64Array(keys);
    this.percentiles = new Int32Array(keys * shares.length).fill(-1);
  }

  find(): this {
    const { length } = this.#cells.values;
    if (length === 0) return this;
    if (steps.length < length) steps = new Uint16Array(length);
    if (picked.length <= length) picked = new Int32Array(length + 1);
    this.#count();
    this.#collect();
    for (const [key, aim] of this.#aims) {
      for (let at = 0; at < this.#shares.length; at++)
        this.percentiles[key * this.#shares.length + at] = aim.answer(at);
    }
    return this;
  }

  #key(group: number, bucket: number): number {
    return keyOf(this.#cells, group, bucket);
  }

  /** Bucket by bucket, so that there are no more histograms than groups. */
  #count(): void {
    const { values, begins, groups, buckets, shown } = this.#cells;
    const [own, ofBucket, ofAll] = [new Int32Array(STEPS), new Int32Array(STEPS), new Int32Array(STEPS)];
    const ofGroups = Array.from({ length: groups }, (_, group) =>
      groups > 1 && shown.has(group) ? new Int32Array(STEPS) : undefined,
    );
    for (let bucket = 0; bucket < buckets; bucket++) {
      ofBucket.fill(0);
      for (let group = 0; group < groups; group++) {
        const cell = group * buckets + bucket;
        const from = begins[cell] as number;
        const to = begins[cell + 1] as number;
        if (from === to) continue;
        const ofGroup = ofGroups[group];
        const isFew = to - from < FEW;
        const sum = isFew
          ? countFew(values, from, to, ofBucket, ofGroup ?? spare)
          : countMany(values, from, to, own, ofBucket, ofGroup ?? spare);
        this.#add(groups, buckets, to - from, sum);
        if (buckets > 1) this.#add(groups, bucket, to - from, sum);
        if (!ofGroup) continue;
        this.#add(group, buckets, to - from, sum);
        if (buckets === 1) continue;
        this.#add(group, bucket, to - from, sum);
        if (isFew) this.#selectFew(from, to, this.#key(group, bucket));
        else this.#aim(group, bucket, own);
      }
      if (buckets > 1) this.#aim(groups, bucket, ofBucket);
      addTo(ofAll, ofBucket);
    }
    for (let group = 0; group < groups; group++) {
      const ofGroup = ofGroups[group];
      if (ofGroup) this.#aim(group, buckets, ofGroup);
    }
    this.#aim(groups, buckets, ofAll);
  }

  #add(group: number, bucket: number, count: number, sum: number): void {
    const key = this.#key(group, bucket);
    (this.counts[key] as number) += count;
    (this.sums[key] as number) += sum;
  }

  /** Finds the percentiles of a cell that has few numbers. */
  #selectFew(from: number, to: number, key: number): void {
    const { values } = this.#cells;
    const shares = this.#shares;
    const count = to - from;
    if (count <= VERY_FEW) for (let index = 0; index < count; index++) few[index] = values[from + index] as number;
    for (let at = 0; at < shares.length; at++) {
      const rank = rankOf(count, shares[at] as number);
      this.percentiles[key * shares.length + at] =
        count <= VERY_FEW ? select(few, count, rank) : selectCoarse(values, from, to, rank);
    }
  }

  #aim(group: number, bucket: number, histogram: Histogram): void {
    const key = this.#key(group, bucket);
    const count = this.counts[key] as number;
    if (count > 0) this.#aims.set(key, new Aim(histogram, count, this.#shares));
  }

  #collect(): void {
    const { begins, groups, buckets } = this.#cells;
    const ofAll = this.#aims.get(this.#key(groups, buckets));
    for (let group = 0; group < groups; group++) {
      const ofGroup = groups > 1 ? this.#aims.get(this.#key(group, buckets)) : undefined;
      for (let bucket = 0; bucket < buckets; bucket++) {
        const cell = group * buckets + bucket;
        const ofBucket = buckets > 1 ? this.#aims.get(this.#key(groups, bucket)) : undefined;
        const ofCell = groups > 1 && buckets > 1 ? this.#aims.get(this.#key(group, bucket)) : undefined;
        ofAll?.mark(flags, 1);
        ofGroup?.mark(flags, 2);
        ofBucket?.mark(flags, 4);
        ofCell?.mark(flags, 8);
        const { values } = this.#cells;
        const count = pick(begins[cell] as number, begins[cell + 1] as number);
        for (let place = 0; place < count; place++) {
          const index = picked[place] as number;
          const flag = flags[steps[index] as number] as number;
          const value = values[index] as number;
          if ((flag & 1) !== 0) ofAll?.take(value);
          if ((flag & 2) !== 0) ofGroup?.take(value);
          if ((flag & 4) !== 0) ofBucket?.take(value);
          if ((flag & 8) !== 0) ofCell?.take(value);
        }
        ofAll?.unmark(flags);
        ofGroup?.unmark(flags);
        ofBucket?.unmark(flags);
        ofCell?.unmark(flags);
      }
    }
  }
}

/** Picks the places in a range out whose steps are marked; returns how many. */
function pick(from: number, to: number): number {
  let count = 0;
  // Without a branch: which of them it is could not be foreseen.
  for (let index = from; index < to; index++) {
    picked[count] = index;
    count += ((flags[steps[index] as number] as number) + 15) >>> 4;
  }
  return count;
}

/** The number of a rank in a range that is counted in `coarse`. */
function selectCoarse(values: Int32Array, from: number, to: number, rank: number): number {
  let step = 0;
  let before = 0;
  for (let count = coarse[0] as number; before + count <= rank; count = coarse[++step] as number) before += count;
  let found = 0;
  // Without a branch, as in `pick`.
  for (let index = from; index < to; index++) {
    few[found] = values[index] as number;
    found += ((((steps[index] as number) >>> COARSE_BITS) ^ step) - 1) >>> 31;
  }
  return select(few, found, rank - before);
}

// The loops below run for all numbers. They stand in functions of their own, none of them tiny, so that V8 compiles each to the end:
// inlined into `#count`, which is called too seldom for that, they took two to three times as long.

/** Counts few numbers in two histograms and by themselves in `coarse`, and notes their steps. Returns their sum. */
function countFew(values: Int32Array, from: number, to: number, one: Histogram, other: Histogram): number {
  coarse.fill(0);
  let sum = 0;
  for (let index = from; index < to; index++) {
    const value = values[index] as number;
    const step = stepOf(value);
    steps[index] = step;
    (one[step] as number) += 1;
    (other[step] as number) += 1;
    (coarse[step >>> COARSE_BITS] as number) += 1;
    sum += value;
  }
  return sum;
}

/** Counts many numbers in a histogram of their own and in two others, and notes their steps. Returns their sum. */
function countMany(
  values: Int32Array,
  from: number,
  to: number,
  own: Histogram,
  one: Histogram,
  other: Histogram,
): number {
  own.fill(0);
  let sum = 0;
  for (let index = from; index < to; index++) {
    const value = values[index] as number;
    const step = stepOf(value);
    steps[index] = step;
    (own[step] as number) += 1;
    sum += value;
  }
  for (let step = 0; step < STEPS; step++) {
    const count = own[step] as number;
    (one[step] as number) += count;
    (other[step] as number) += count;
  }
  return sum;
}
