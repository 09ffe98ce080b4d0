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
const sumOf = (histogram: Histogram) => histogram.reduce((sum, count) => sum + count, 0);

/** The rank, from 0 on, of a share by nearest rank: so many of `count` numbers are smaller, or as small and before it. */
const rankOf = (count: number, share: number) => Math.max(Math.ceil(share * count) - 1, 0);

/** Counts numbers in three histograms at once. */
function spread(values: Int32Array, from: number, to: number, [one, two, three]: readonly Histogram[]): void {
  if (!one || !two || !three) return;
  for (let index = from; index < to; index++) {
    const step = stepOf(values[index] as number);
    (one[step] as number) += 1;
    (two[step] as number) += 1;
    (three[step] as number) += 1;
  }
}

/** Counts numbers in one histogram, and adds it to three others. */
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
  /** From 0 to 2^31 - 1. Those of a cell are put into another order. */
  readonly values: Int32Array;
  /** Where the numbers of each cell begin; cells go by group, then by bucket. One more than there are cells. */
  readonly begins: Uint32Array;
  readonly groups: number;
  readonly buckets: number;
  /** The groups whose own percentiles are asked for. */
  readonly shown: ReadonlySet<number>;
}

/** Percentiles of cells, groups, buckets and of all numbers. */
export class Percentiles {
  readonly #cells: CellValues;
  readonly #shares: readonly number[];
  readonly #found = new Map<number, readonly number[]>();

  /** @param shares two at most, rising, from 0 (exclusive) to 1, such as 0.5 and 0.9 */
  constructor(cells: CellValues, shares: readonly number[]) {
    this.#cells = cells;
    this.#shares = shares;
    this.#find();
  }

  /**
   * The percentiles of a group in a bucket, the smallest number such that the share of all are not greater (nearest rank); of
   * all groups, or over all buckets, where none is named. Empty where there are no numbers, and for groups not asked for.
   */
  of(group: number | undefined, bucket: number | undefined): readonly number[] {
    const { groups, buckets } = this.#cells;
    // The only bucket is all there is.
    const place = bucket === undefined || buckets === 1 ? buckets : bucket;
    return this.#found.get(this.#key(group ?? groups, place)) ?? [];
  }

  #key(group: number, bucket: number): number {
    return group * (this.#cells.buckets + 1) + bucket;
  }

  #find(): void {
    const { values, begins, groups, buckets, shown } = this.#cells;
    if (values.length === 0) return;
    const targets: (readonly Target[] | undefined)[] = [];
    const aim = (key: number, histogram: Histogram, count: number) => {
      if (count > 0) targets[key] = this.#shares.map((share) => targetOf(histogram, count, share));
    };
    const [own, ofGroup, ofAll] = [blank(), blank(), blank()];
    const ofBuckets = Array.from({ length: buckets }, blank);
    const range = (cell: number) => [begins[cell] as number, begins[cell + 1] as number] as const;
    for (let group = 0; group < groups; group++) {
      ofGroup.fill(0);
      for (let bucket = 0; bucket < buckets; bucket++) {
        const [from, to] = range(group * buckets + bucket);
        const others = [ofGroup, ofBuckets[bucket] as Histogram, ofAll];
        const few = to - from < FEW;
        if (few) spread(values, from, to, others);
        else spreadMany(values, from, to, own, others);
        if (buckets === 1 || !shown.has(group)) continue;
        if (few) this.#select(this.#key(group, bucket), from, to);
        else aim(this.#key(group, bucket), own, to - from);
      }
      const [from, to] = [begins[group * buckets] as number, begins[(group + 1) * buckets] as number];
      if (shown.has(group)) aim(this.#key(group, buckets), ofGroup, to - from);
    }
    aim(this.#key(groups, buckets), ofAll, values.length);
    for (const [bucket, histogram] of ofBuckets.entries()) {
      if (buckets > 1) aim(this.#key(groups, bucket), histogram, sumOf(histogram));
    }
    for (let cell = 0; cell < groups * buckets; cell++) {
      const [group, bucket] = [Math.floor(cell / buckets), cell % buckets];
      const places = [...[group, groups].map((row) => this.#key(row, bucket)), this.#key(group, buckets)];
      const aimed = [...places, this.#key(groups, buckets)].flatMap((key) => targets[key] ?? []);
      collect(values, ...range(cell), aimed);
    }
    for (const [key, aimed] of targets.entries()) {
      if (aimed)
        this.#found.set(
          key,
          aimed.map(({ inside, rank }) => select(inside, 0, inside.length, rank)),
        );
    }
  }

  #select(key: number, from: number, to: number): void {
    if (from === to) return;
    this.#found.set(
      key,
      this.#shares.map((share) => select(this.#cells.values, from, to, rankOf(to - from, share))),
    );
  }
}
