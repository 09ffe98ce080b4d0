// Which group and bucket each fact of a block counts in.
import { type Block, type Chunk, placeOf } from "./chunk.ts";
import type { Facts } from "./fact-cache.ts";

/** Which facts count, and for which group. Groups are told apart by segment or by customer; by the other, all are 0. */
export interface Grouping {
  /** How many groups there are. */
  readonly groups: number;
  /** The group of each segment by its number; -1 for one that does not count. */
  readonly segments: Int32Array;
  /** The same of each customer, 127 groups at most. Absent where customers make no difference. */
  readonly customers?: Int8Array;
}

/** The window in seconds since 1970, and where its buckets begin, the window's own start first. */
export interface Frame {
  readonly start: number;
  readonly end: number;
  readonly starts: readonly number[];
}

/** Before the window, in one of its buckets (from 1 on), or after it. */
function stretchOf({ start, end, starts }: Frame, time: number): number {
  if (time < start) return 0;
  return time >= end ? starts.length + 1 : placeOf(starts, time) + 1;
}

/** Whether facts of a block are in different buckets, so that it matters when each happened. */
export function isCut(frame: Frame, { minTime, maxTime }: Block): boolean {
  return stretchOf(frame, minTime) !== stretchOf(frame, maxTime);
}

/**
 * The cells of a block's facts: how many facts in a row count in the same cell. Each group has a cell for what was before the
 * window, and one a bucket.
 */
export class Cells {
  readonly frame: Frame;
  readonly grouping: Grouping;
  /** Of each run its cell, -1 for one that does not count. */
  cells = new Int32Array(1024);
  /** Of each run how many facts it has. */
  facts = new Int32Array(1024);
  /** How many runs there are. */
  count = 0;

  constructor(frame: Frame, grouping: Grouping) {
    this.frame = frame;
    this.grouping = grouping;
  }

  /** Cells of a group. */
  get stride(): number {
    return this.frame.starts.length + 1;
  }

  /** Finds the cells of a block. False where all its facts come after the window. */
  find(block: Block, { chunk, times, customers }: Facts): boolean {
    const { frame, grouping } = this;
    if (block.minTime >= frame.end) return false;
    const facts = block.to - block.from;
    if (this.cells.length < facts) [this.cells, this.facts] = [new Int32Array(2 * facts), new Int32Array(2 * facts)];
    if (isCut(frame, block) && times) this.count = this.#findByTime(block, chunk, times, customers);
    else if (grouping.customers && customers) this.count = this.#findByCustomer(block, chunk, customers);
    else this.count = this.#findRuns(block, chunk);
    return true;
  }

  #findRuns({ firstRun, endRun, minTime }: Block, { segments, runs }: Chunk): number {
    const { stride } = this;
    const [cells, facts] = [this.cells, this.facts];
    const stretch = stretchOf(this.frame, minTime);
    const groups = this.grouping.segments;
    let count = 0;
    for (let run = firstRun; run < endRun; run++) {
      const group = groups[segments[run] as number] as number;
      const cell = group < 0 ? -1 : group * stride + stretch;
      if (count > 0 && cells[count - 1] === cell) (facts[count - 1] as number) += runs[run] as number;
      else {
        cells[count] = cell;
        facts[count++] = runs[run] as number;
      }
    }
    return count;
  }

  /** This loop runs for millions of facts. */
  #findByCustomer(
    { from, firstRun, endRun, minTime }: Block,
    { segments, runs }: Chunk,
    customers: Uint32Array,
  ): number {
    const { stride } = this;
    const [cells, facts] = [this.cells, this.facts];
    const { segments: groups, customers: customerGroups = new Int8Array() } = this.grouping;
    const stretch = stretchOf(this.frame, minTime);
    let [count, last, fact] = [0, -2, from];
    for (let run = firstRun; run < endRun; run++) {
      const counts = (groups[segments[run] as number] as number) >= 0;
      const end = fact + (runs[run] as number);
      for (; fact < end; fact++) {
        const group = counts ? (customerGroups[customers[fact] as number] as number) : -1;
        const cell = group < 0 ? -1 : group * stride + stretch;
        if (cell === last) {
          (facts[count - 1] as number) += 1;
          continue;
        }
        cells[count] = cell;
        facts[count++] = 1;
        last = cell;
      }
    }
    return count;
  }

  #findByTime(
    { from, firstRun, endRun }: Block,
    { segments, runs }: Chunk,
    times: Uint32Array,
    customers: Uint32Array | undefined,
  ): number {
    const { stride, frame, grouping } = this;
    const [cells, facts] = [this.cells, this.facts];
    let [count, fact] = [0, from];
    for (let run = firstRun; run < endRun; run++) {
      const group = grouping.segments[segments[run] as number] as number;
      const end = fact + (runs[run] as number);
      for (; fact < end; fact++) {
        const other = customers && grouping.customers ? (grouping.customers[customers[fact] as number] as number) : 0;
        const stretch = stretchOf(frame, times[fact] as number);
        cells[count] = group < 0 || other < 0 || stretch === stride ? -1 : (group + other) * stride + stretch;
        facts[count++] = 1;
      }
    }
    return count;
  }
}
