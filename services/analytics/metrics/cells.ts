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
  /** Of each run its cell, -1 for one that does not count, and how many facts it has. */
  #cells = new Int32Array(1024);
  #facts = new Int32Array(1024);
  #count = 0;

  constructor(frame: Frame, grouping: Grouping) {
    this.frame = frame;
    this.grouping = grouping;
  }

  /** Cells of a group. */
  get stride(): number {
    return this.frame.starts.length + 1;
  }

  get cells(): Int32Array {
    return this.#cells.subarray(0, this.#count);
  }

  get facts(): Int32Array {
    return this.#facts.subarray(0, this.#count);
  }

  /** Finds the cells of a block. False where all its facts come after the window. */
  find(block: Block, { chunk, times, customers }: Facts): boolean {
    const { frame, grouping } = this;
    if (block.minTime >= frame.end) return false;
    const facts = block.to - block.from;
    if (this.#cells.length < facts) [this.#cells, this.#facts] = [new Int32Array(2 * facts), new Int32Array(2 * facts)];
    const when = isCut(frame, block) ? times : undefined;
    const whose = grouping.customers && customers;
    if (when || whose) this.#count = this.#findEach(block, chunk, when, whose);
    else this.#count = this.#findRuns(block, chunk);
    return true;
  }

  #findRuns({ firstRun, endRun, minTime }: Block, { segments, runs }: Chunk): number {
    const { stride } = this;
    const [cells, facts] = [this.#cells, this.#facts];
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

  /** These loops run for millions of facts. */
  #findEach(
    { from, firstRun, endRun, minTime }: Block,
    { segments, runs }: Chunk,
    times: Uint32Array | undefined,
    customers: Uint32Array | undefined,
  ): number {
    const { stride, frame } = this;
    const [cells, facts] = [this.#cells, this.#facts];
    const { segments: groups, customers: customerGroups } = this.grouping;
    const common = stretchOf(frame, minTime);
    let [count, last, fact] = [0, -2, from];
    for (let run = firstRun; run < endRun; run++) {
      const group = groups[segments[run] as number] as number;
      const end = fact + (runs[run] as number);
      for (; fact < end; fact++) {
        const other = customers && customerGroups ? (customerGroups[customers[fact] as number] as number) : 0;
        let cell = -1;
        if (group >= 0 && other >= 0) {
          const stretch = times ? stretchOf(frame, times[fact] as number) : common;
          if (stretch < stride) cell = (group + other) * stride + stretch;
        }
        if (cell === last) (facts[count - 1] as number) += 1;
        else {
          cells[count] = cell;
          facts[count++] = 1;
          last = cell;
        }
      }
    }
    return count;
  }
}
