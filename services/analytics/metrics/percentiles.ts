// Exact percentiles of many numbers, of their groups, of their buckets and of all together, without sorting them.
//
// Two passes over the numbers. The first counts them in steps that grow with the number, which tells in which step each
// percentile lies; the second takes out the numbers of those steps, which are few.

/** Steps for an octave, from 2^7 on; below, each number has a step of its own. */
const STEPS = 128;
const STEP_BITS = 7;
const ALL_STEPS = (31 - STEP_BITS + 1) * STEPS;
/** Cells with fewer numbers are not worth a histogram of their own. */
const FEW = 1024;

/** A step that grows with the number: numbers of a higher step are greater. */
function stepOf(value: number): number {
  if (value < STEPS) return value;
  const shift = 24 - Math.clz32(value);
  return (shift << STEP_BITS) + (value >>> shift);
}

/** How many numbers there are in each step. */
type Histogram = Int32Array;
const blank = (): Histogram => new Int32Array(ALL_STEPS);

/** The rank, from 0 on, of a share by nearest rank: so many of `count` numbers are smaller, or as small and before it. */
const rankOf = (count: number, share: number) => Math.max(Math.ceil(share * count) - 1, 0);

/** The steps of a few numbers. */
const steps = new Uint16Array(FEW);

/** Counts numbers, fewer than `FEW`, in several histograms. */
function spreadFew(values: Int32Array, from: number, to: number, histograms: readonly Histogram[]): void {
  const count = to - from;
  for (let index = 0; index < count; index++) steps[index] = stepOf(values[from + index] as number);
  for (const histogram of histograms) {
    for (let index = 0; index < count; index++) (histogram[steps[index] as number] as number) += 1;
  }
}

/** Sixteen steps are one coarse step: as many as a few numbers are worth. */
const COARSE_BITS = 4;
const coarse = new Int32Array(ALL_STEPS >>> COARSE_BITS);
const inside = new Int32Array(FEW);

/** The number of a rank among those whose steps `spreadFew` found last, from `from` on. */
function selectFew(values: Int32Array, from: number, count: number, rank: number): number {
  coarse.fill(0);
  for (let index = 0; index < count; index++) (coarse[(steps[index] as number) >>> COARSE_BITS] as number) += 1;
  let [step, before, found] = [0, 0, 0];
  while (before + (coarse[step] as number) <= rank) before += coarse[step++] as number;
  for (let index = 0; index < count; index++) {
    if ((steps[index] as number) >>> COARSE_BITS === step) inside[found++] = values[from + index] as number;
  }
  return select(inside, 0, found, rank - before);
}

/** Counts numbers in one histogram, and adds it to others. */
function spreadMany(values: Int32Array, from: number, to: number, own: Histogram, others: readonly Histogram[]): void {
  own.fill(0);
  for (let index = from; index < to; index++) {
    const step = stepOf(values[index] as number);
    (own[step] as number) += 1;
  }
  for (const other of others)
    for (let step = 0; step < ALL_STEPS; step++) (other[step] as number) += own[step] as number;
}

/** Moves numbers until the one of a rank is in its place, and none before it is greater (Hoare's FIND). Returns that number. */
function select(values: Int32Array, from: number, to: number, rank: number): number {
  let [low, high] = [from, to - 1];
  const place = from + rank;
  while (low < high) {
    const pivot = values[place] as number;
    let [left, right] = [low, high];
    while (left <= right) {
      while ((values[left] as number) < pivot) left++;
      while ((values[right] as number) > pivot) right--;
      if (left > right) break;
      const value = values[left] as number;
      values[left++] = values[right] as number;
      values[right--] = value;
    }
    if (place <= right) high = right;
    else if (place >= left) low = left;
    else break;
  }
  return values[place] as number;
}

/** A percentile that is known to lie within a step. */
interface Target {
  readonly step: number;
  /** Its rank among the numbers of the step. */
  readonly rank: number;
  readonly inside: Int32Array;
  found: number;
}

function targetOf(histogram: Histogram, count: number, share: number): Target {
  const rank = rankOf(count, share);
  let [step, before] = [0, 0];
  while (before + (histogram[step] as number) <= rank) before += histogram[step++] as number;
  return { step, rank: rank - before, inside: new Int32Array(histogram[step] as number), found: 0 };
}

const flags = new Uint8Array(ALL_STEPS);

/** Takes the numbers of the targets' steps out of a range; eight targets at most. */
function collect(values: Int32Array, from: number, to: number, targets: readonly Target[]): void {
  for (const [index, { step }] of targets.entries()) (flags[step] as number) |= 1 << index;
  for (let index = from; index < to; index++) {
    const value = values[index] as number;
    for (let flag = flags[stepOf(value)] as number, at = 0; flag !== 0; flag >>>= 1, at++) {
      if ((flag & 1) === 0) continue;
      const target = targets[at] as Target;
      target.inside[target.found++] = value;
    }
  }
  for (const { step } of targets) flags[step] = 0;
}

/** Numbers in the order of their cells, which are told apart by group and bucket. */
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
   * The percentiles of a group in a bucket, the smallest number such that the share of all are not greater (nearest rank); of
   * all groups, or over all buckets, where none is named. Empty where there are no numbers, and for groups not asked for.
   */
  of(group: number | undefined, bucket: number | undefined): readonly number[];
}

/**
 * Finds percentiles.
 *
 * @param shares two at most, from 0 (exclusive) to 1, such as 0.5 and 0.9
 */
export function percentiles(cells: CellValues, shares: readonly number[]): Percentiles {
  const { groups, buckets } = cells;
  const found = new Search(cells, shares).find();
  return { of: (group = groups, bucket = buckets) => found.get(keyOf(cells, group, bucket)) ?? [] };
}

/** The only group is all there is, and so is the only bucket. */
function keyOf({ groups, buckets }: Pick<CellValues, "groups" | "buckets">, group: number, bucket: number): number {
  return (groups === 1 ? 1 : group) * (buckets + 1) + (buckets === 1 ? 1 : bucket);
}

class Search {
  readonly #cells: CellValues;
  readonly #shares: readonly number[];
  readonly #found = new Map<number, readonly number[]>();
  readonly #targets = new Map<number, readonly Target[]>();

  constructor(cells: CellValues, shares: readonly number[]) {
    this.#cells = cells;
    this.#shares = shares;
  }

  find(): ReadonlyMap<number, readonly number[]> {
    if (this.#cells.values.length > 0) {
      this.#aim();
      this.#collect();
    }
    return this.#found;
  }

  #key(group: number, bucket: number): number {
    return keyOf(this.#cells, group, bucket);
  }

  #range(group: number, bucket: number): readonly [number, number] {
    const { begins, buckets } = this.#cells;
    const cell = group * buckets + bucket;
    return [begins[cell] as number, begins[cell + 1] as number];
  }

  /** The first pass. */
  #aim(): void {
    const { values, groups, buckets, shown } = this.#cells;
    const [own, ofGroup, ofAll] = [blank(), blank(), blank()];
    const ofBuckets = groups > 1 && buckets > 1 ? Array.from({ length: buckets }, blank) : [];
    const counts = new Uint32Array(buckets);
    for (let group = 0; group < groups; group++) {
      const ofItself = groups > 1 && shown.has(group);
      const alone = buckets > 1 && (groups === 1 || ofItself);
      if (ofItself) ofGroup.fill(0);
      let count = 0;
      for (let bucket = 0; bucket < buckets; bucket++) {
        const [from, to] = this.#range(group, bucket);
        count += to - from;
        (counts[bucket] as number) += to - from;
        const ofBucket = ofBuckets[bucket];
        const histograms = [ofAll, ...(ofItself ? [ofGroup] : []), ...(ofBucket ? [ofBucket] : [])];
        if (to - from < FEW) {
          spreadFew(values, from, to, histograms);
          if (alone) this.#selectFew(group, bucket, from, to - from);
        } else {
          spreadMany(values, from, to, own, histograms);
          if (alone) this.#target(group, bucket, own, to - from);
        }
      }
      if (ofItself) this.#target(group, buckets, ofGroup, count);
    }
    for (const [bucket, histogram] of ofBuckets.entries()) {
      this.#target(groups, bucket, histogram, counts[bucket] as number);
    }
    this.#target(groups, buckets, ofAll, values.length);
  }

  #target(group: number, bucket: number, histogram: Histogram, count: number): void {
    if (count === 0) return;
    const targets = this.#shares.map((share) => targetOf(histogram, count, share));
    this.#targets.set(this.#key(group, bucket), targets);
  }

  #selectFew(group: number, bucket: number, from: number, count: number): void {
    if (count === 0) return;
    const found = this.#shares.map((share) => selectFew(this.#cells.values, from, count, rankOf(count, share)));
    this.#found.set(this.#key(group, bucket), found);
  }

  /** The second pass. */
  #collect(): void {
    const { values, groups, buckets } = this.#cells;
    for (let group = 0; group < groups; group++) {
      for (let bucket = 0; bucket < buckets; bucket++) {
        const keys = new Set([this.#key(group, bucket), this.#key(group, buckets)]);
        keys.add(this.#key(groups, bucket)).add(this.#key(groups, buckets));
        const targets = [...keys].flatMap((key) => this.#targets.get(key) ?? []);
        collect(values, ...this.#range(group, bucket), targets);
      }
    }
    for (const [key, targets] of this.#targets) {
      const found = targets.map(({ inside, rank }) => select(inside, 0, inside.length, rank));
      this.#found.set(key, found);
    }
  }
}
