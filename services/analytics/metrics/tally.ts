// What has been counted, in cells: of each group one for what was before the window, and one a bucket.
import type { Frame, Grouping } from "./cells.ts";
import { COUNTERS, Counter } from "./counters.ts";
import { MAX_ENGINE } from "./fact-code.ts";
import type { LooseLengths, SortedLengths } from "./lengths.ts";

/** Stands for the bucket before the window. */
export const BEFORE = -1;

const ACTIVITY = [Counter.kind("created"), Counter.kind("reply"), Counter.kind("resolved")];

/** Figures in cells. */
export class Tally {
  readonly frame: Frame;
  readonly groups: number;
  /** Cell by cell, group by group; see `Counter`. */
  readonly counters: Int32Array;
  /** Of each cell the sum of scores, in ten-thousandths. */
  readonly scores: Float64Array;
  /** How the backlog changes in each cell. */
  readonly changes: Int32Array;
  /** 1 at the number of each engine that read one of the texts. */
  readonly engines = new Uint8Array(MAX_ENGINE + 1);
  /** Lengths of time that were counted one by one, by `Span`: sorted, or as they came. */
  lengths: readonly (SortedLengths | undefined)[] = [];
  loose: readonly (LooseLengths | undefined)[] = [];
  /** Those that were added as a whole, of one bucket each. */
  readonly #parts: Tally[] = [];

  constructor(frame: Frame, { groups }: Grouping) {
    this.frame = frame;
    this.groups = groups;
    const cells = groups * (frame.starts.length + 1);
    this.counters = new Int32Array(cells * COUNTERS);
    this.scores = new Float64Array(cells);
    this.changes = new Int32Array(cells);
  }

  /** How much memory it takes. */
  get bytes(): number {
    const lists = this.lengths.flatMap((sorted) => (sorted ? [sorted.wall, sorted.business] : []));
    const columns = lists.flatMap(({ lows, highs, begins, runs, sums }) => [lows, highs, begins, runs, sums]);
    const all = [this.counters, this.scores, this.changes, this.engines, ...columns];
    return all.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** The cell of a bucket, or of what was `BEFORE`. */
  cell(group: number, bucket: number): number {
    const buckets = this.frame.starts.length;
    return bucket === BEFORE ? this.groups * buckets + group : group * buckets + bucket;
  }

  /** How the backlog changes in a bucket. */
  change(group: number, bucket: number): number {
    return this.changes[this.cell(group, bucket)] as number;
  }

  /** What groups are ranked by: how much goes on in each within the first bucket, and how many tickets are open at its end. */
  activity(): Float64Array {
    return Float64Array.from({ length: this.groups }, (_, group) => {
      const cell = this.cell(group, 0);
      const open = this.change(group, BEFORE) + this.change(group, 0);
      return ACTIVITY.reduce((sum, what) => sum + (this.counters[cell * COUNTERS + what] as number), open);
    });
  }

  /** Whether something has been added as a whole. */
  get hasParts(): boolean {
    return this.#parts.length > 0;
  }

  /** The sorted lengths of time of a bucket, each with the cell of a group among them. */
  lengthsOf(span: number, group: number, bucket: number): { lengths: SortedLengths; cell: number }[] {
    const own = this.lengths[span];
    return [
      ...(own ? [{ lengths: own, cell: this.cell(group, bucket) }] : []),
      ...this.#parts.flatMap((part) => {
        const lengths = part.lengths[span];
        return lengths && group < part.groups ? [{ lengths, cell: part.cell(group, 0) }] : [];
      }),
    ];
  }

  /** Adds what has been counted elsewhere by the same grouping: both have one bucket. Groups that have come since are missing in it. */
  addPart(part: Tally): void {
    for (let group = 0; group < part.groups; group++) {
      const [to, from] = [this.cell(group, 0), part.cell(group, 0)];
      for (let place = 0; place < COUNTERS; place++) {
        (this.counters[to * COUNTERS + place] as number) += part.counters[from * COUNTERS + place] as number;
      }
      (this.scores[to] as number) += part.scores[from] as number;
      (this.changes[to] as number) += part.changes[from] as number;
    }
    for (let engine = 0; engine <= MAX_ENGINE; engine++) {
      (this.engines[engine] as number) |= part.engines[engine] as number;
    }
    this.#parts.push(part);
  }

  /** Adds what it does to the backlog, as of before the window. */
  addBefore(part: Tally): void {
    for (let group = 0; group < part.groups; group++) {
      (this.changes[this.cell(group, BEFORE)] as number) += part.change(group, 0);
    }
  }
}
