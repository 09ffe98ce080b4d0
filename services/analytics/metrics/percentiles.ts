// Exact percentiles of many numbers: of cells, which are told apart by group and bucket, of their groups, of their buckets and of all.
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

/** Percentiles of cells, groups, buckets and of all numbers. */
export interface Percentiles {
  /**
   * The percentile of a group in a bucket, the smallest number such that the share of all are not greater (nearest rank); of
   * all groups, or over all buckets, where none is named. -1 where there are no numbers, and for groups not asked for.
   *
   * @param share which of the shares, by its place
   */
  of(group: number | undefined, bucket: number | undefined, share: number): number;
}

/**
 * Finds percentiles.
 *
 * @param shares rising, from 0 (exclusive) to 1, such as 0.5 and 0.9
 */
export function percentiles(cells: CellValues, shares: readonly number[]): Percentiles {
  const { groups, buckets } = cells;
  const found = new Search(cells, shares).find();
  return {
    of: (group = groups, bucket = buckets, share) =>
      found[keyOf(cells, group, bucket) * shares.length + share] as number,
  };
}

/** The only group is all there is, and so is the only bucket. */
function keyOf({ groups, buckets }: Pick<CellValues, "groups" | "buckets">, group: number, bucket: number): number {
  return (groups === 1 ? 1 : group) * (buckets + 1) + (buckets === 1 ? 1 : bucket);
}

/** Of each number its step, found once; used over and over. */
let steps = new Uint16Array(0);
/** Of each step which aims it is of, a bit each. */
const flags = new Uint8Array(STEPS);
const coarse = new Int32Array(STEPS >>> COARSE_BITS);
/** Numbers, or their places, that were picked out, and after them one that was looked at and not picked. */
const few = new Int32Array(FEW + 1);
let picked = new Int32Array(0);

/** Two passes over the numbers: the first counts, and is done with small cells at once; the second takes out what is aimed at. */
class Search {
  readonly #cells: CellValues;
  readonly #shares: readonly number[];
  /** Of each key as many as there are shares; -1 for none. */
  readonly #found: Int32Array;
  /** By `keyOf`. */
  readonly #aims = new Map<number, Aim>();

  constructor(cells: CellValues, shares: readonly number[]) {
    this.#cells = cells;
    this.#shares = shares;
    this.#found = new Int32Array((cells.groups + 1) * (cells.buckets + 1) * shares.length).fill(-1);
  }

  find(): Int32Array {
    const { length } = this.#cells.values;
    if (length === 0) return this.#found;
    if (steps.length < length) steps = new Uint16Array(length);
    if (picked.length <= length) picked = new Int32Array(length + 1);
    this.#count();
    this.#collect();
    for (const [key, aim] of this.#aims) this.#found.set(aim.answers(), key * this.#shares.length);
    return this.#found;
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
      let count = 0;
      for (let group = 0; group < groups; group++) {
        const cell = group * buckets + bucket;
        const [from, to] = [begins[cell] as number, begins[cell + 1] as number];
        if (from === to) continue;
        count += to - from;
        const ofGroup = ofGroups[group];
        const alone = ofGroup && buckets > 1;
        if (to - from < FEW) {
          countFew(values, from, to, ofBucket, ofGroup);
          if (alone) this.#selectFew(from, to, this.#key(group, bucket));
        } else {
          countMany(values, from, to, own, ofBucket, ofGroup);
          if (alone) this.#aim(group, bucket, own, to - from);
        }
      }
      if (buckets > 1) this.#aim(groups, bucket, ofBucket, count);
      addTo(ofAll, ofBucket);
    }
    for (const [group, histogram] of ofGroups.entries()) {
      const [from, to] = [begins[group * buckets] as number, begins[(group + 1) * buckets] as number];
      if (histogram) this.#aim(group, buckets, histogram, to - from);
    }
    this.#aim(groups, buckets, ofAll, begins.at(-1) as number);
  }

  /** Finds the percentiles of a cell that has few numbers. */
  #selectFew(from: number, to: number, key: number): void {
    const { values } = this.#cells;
    const [shares, count] = [this.#shares, to - from];
    if (count <= VERY_FEW) for (let index = 0; index < count; index++) few[index] = values[from + index] as number;
    else countCoarse(from, to);
    for (let at = 0; at < shares.length; at++) {
      const rank = rankOf(count, shares[at] as number);
      this.#found[key * shares.length + at] =
        count <= VERY_FEW ? select(few, count, rank) : selectCoarse(values, from, to, rank);
    }
  }

  #aim(group: number, bucket: number, histogram: Histogram, count: number): void {
    if (count > 0) this.#aims.set(this.#key(group, bucket), new Aim(histogram, count, this.#shares));
  }

  #collect(): void {
    const { begins, groups, buckets } = this.#cells;
    const ofAll = this.#aims.get(this.#key(groups, buckets)) as Aim;
    for (let group = 0; group < groups; group++) {
      const ofGroup = groups > 1 && this.#aims.get(this.#key(group, buckets));
      for (let bucket = 0; bucket < buckets; bucket++) {
        const cell = group * buckets + bucket;
        const aims = [ofAll];
        if (ofGroup) aims.push(ofGroup);
        const ofBucket = buckets > 1 && this.#aims.get(this.#key(groups, bucket));
        if (ofBucket) aims.push(ofBucket);
        const ofCell = groups > 1 && buckets > 1 && this.#aims.get(this.#key(group, bucket));
        if (ofCell) aims.push(ofCell);
        this.#take(begins[cell] as number, begins[cell + 1] as number, aims);
      }
    }
  }

  /** Takes the numbers that are aimed at out of a range; for four aims at most. */
  #take(from: number, to: number, aims: readonly Aim[]): void {
    const { values } = this.#cells;
    for (let at = 0; at < aims.length; at++) {
      for (const step of (aims[at] as Aim).steps) (flags[step] as number) |= 1 << at;
    }
    let count = 0;
    // Without a branch: which of them it is could not be foreseen.
    for (let index = from; index < to; index++) {
      picked[count] = index;
      count += ((flags[steps[index] as number] as number) + 15) >>> 4;
    }
    for (let place = 0; place < count; place++) {
      const index = picked[place] as number;
      let flag = flags[steps[index] as number] as number;
      for (let at = 0; flag !== 0; flag >>>= 1, at++)
        if ((flag & 1) !== 0) (aims[at] as Aim).take(values[index] as number);
    }
    for (const aim of aims) for (const step of aim.steps) flags[step] = 0;
  }
}

function countCoarse(from: number, to: number): void {
  coarse.fill(0);
  for (let index = from; index < to; index++) (coarse[(steps[index] as number) >>> COARSE_BITS] as number) += 1;
}

/** The number of a rank in a range whose steps are counted in `coarse`. */
function selectCoarse(values: Int32Array, from: number, to: number, rank: number): number {
  let [step, before, found] = [0, 0, 0];
  for (let count = coarse[0] as number; before + count <= rank; count = coarse[++step] as number) before += count;
  // Without a branch: which of them it is could not be foreseen.
  for (let index = from; index < to; index++) {
    few[found] = values[index] as number;
    found += ((((steps[index] as number) >>> COARSE_BITS) ^ step) - 1) >>> 31;
  }
  return select(few, found, rank - before);
}

/** Counts numbers in one or two histograms, and notes their steps. */
function countFew(values: Int32Array, from: number, to: number, one: Histogram, other: Histogram | undefined): void {
  for (let index = from; index < to; index++) {
    const step = stepOf(values[index] as number);
    steps[index] = step;
    (one[step] as number) += 1;
  }
  if (!other) return;
  for (let index = from; index < to; index++) (other[steps[index] as number] as number) += 1;
}

/** Counts numbers in a histogram of their own, notes their steps, and adds it to one or two others. */
function countMany(
  ...[values, from, to, own, one, other]: [Int32Array, number, number, Histogram, Histogram, Histogram | undefined]
): void {
  own.fill(0);
  countFew(values, from, to, own, undefined);
  addTo(one, own);
  if (other) addTo(other, own);
}
