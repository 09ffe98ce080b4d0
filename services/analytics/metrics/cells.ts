// Which group and bucket each fact of a block counts in.
import type { Window } from "./buckets.ts";
import { type Block, type Chunk, placeOf } from "./chunk.ts";
import type { Facts } from "./fact-cache.ts";

/** Which facts count, and for which group. Groups are told apart by segment or by customer; by the other, all are 0. */
export interface Grouping {
  /** Tells it apart from others: what has been counted by it is kept under this name. It may get more groups, after those there are. */
  readonly name: string;
  /** How many groups there are. */
  readonly groups: number;
  /** The group of each segment by its number; -1 for one that does not count. */
  readonly segments: Int32Array;
  /** The customers that count; absent where customers make no difference. */
  readonly customers?: ChosenCustomers;
}

/** Some of all customers. */
export interface ChosenCustomers {
  /** Their numbers, rising. */
  readonly ids: Uint32Array;
  /** The group of each; groups are 128 at most. */
  readonly groups: Int8Array;
}

/** The window in seconds since 1970, and where its buckets begin, the window's own start first. */
export interface Frame {
  readonly start: number;
  readonly end: number;
  readonly starts: readonly number[];
}

/** The earliest and the latest time of some facts, in seconds since 1970. */
interface Times {
  readonly minTime: number;
  readonly maxTime: number;
}

/** Whether some of the facts may lie in a window. */
export const touches = ({ minTime, maxTime }: Times, { start, end }: Window) => minTime < end && maxTime >= start;

/** Whether all of the facts lie in a window. */
export const liesIn = ({ minTime, maxTime }: Times, { start, end }: Window) => minTime >= start && maxTime < end;

/** Where a time is: before the window (0), in one of its buckets (from 1 on), or after it. */
function stretchOf({ start, end, starts }: Frame, time: number): number {
  if (time < start) return 0;
  return time >= end ? starts.length + 1 : placeOf(starts, time) + 1;
}

/** Whether facts of a block are in different buckets, so that it matters when each happened. */
export function isCut(frame: Frame, { minTime, maxTime }: Block): boolean {
  return stretchOf(frame, minTime) !== stretchOf(frame, maxTime);
}

/**
 * The cells of a block's facts: where facts in a row count in the same cell, and how many; facts that do not count are left out.
 * Each group has a cell a bucket, group by group; after all of these come the cells of what was before the window, one a group.
 */
export class Cells {
  readonly frame: Frame;
  readonly grouping: Grouping;
  /** Of each run its cell. */
  cells = new Int32Array(1024);
  /** Of each run where in the block it begins. */
  starts = new Int32Array(1024);
  /** Of each run how many facts it has. */
  facts = new Int32Array(1024);
  /** How many runs there are. */
  count = 0;
  /** The group of all segments, if it is the same. */
  readonly #group: number | undefined;
  /** The group of each fact of the chunk by its customer, -1 for none. */
  #groups = new Int8Array(0);
  /** The same, four facts in one number: most often none of them counts. */
  #fours = new Int32Array(0);

  constructor(frame: Frame, grouping: Grouping) {
    this.frame = frame;
    this.grouping = grouping;
    const [group, ...others] = new Set(grouping.segments.subarray(1));
    this.#group = others.length === 0 ? group : undefined;
  }

  /** How many cells there are within the window. */
  get inWindow(): number {
    return this.grouping.groups * this.frame.starts.length;
  }

  /** The cell of a group in a stretch of time, see `stretchOf`: `first + group * step`. */
  #row(stretch: number): { first: number; step: number } {
    return stretch === 0 ? { first: this.inWindow, step: 1 } : { first: stretch - 1, step: this.frame.starts.length };
  }

  /** Begins with a chunk. False where none of its facts counts. */
  begin({ owners }: Facts): boolean {
    const { customers } = this.grouping;
    if (!customers || !owners) return true;
    const { ids, places, begins } = owners;
    if (this.#groups.length < places.length) {
      this.#groups = new Int8Array(4 * Math.ceil(places.length / 4));
      this.#fours = new Int32Array(this.#groups.buffer);
    }
    const groups = this.#groups.fill(-1);
    let counts = false;
    for (let chosen = 0, owner = 0; chosen < customers.ids.length; chosen++) {
      const id = customers.ids[chosen] as number;
      owner = placeOf(ids, id, owner);
      if (ids[owner] !== id) continue;
      counts = true;
      const end = begins[owner + 1] ?? places.length;
      for (let at = begins[owner] as number; at < end; at++) {
        groups[places[at] as number] = customers.groups[chosen] as number;
      }
    }
    return counts;
  }

  /** Finds the cells of a block of the chunk. False where none of its facts counts. */
  find(block: Block, { chunk, times }: Facts): boolean {
    const { frame, grouping } = this;
    if (block.minTime >= frame.end) return false;
    const facts = block.to - block.from;
    if (this.cells.length < facts) {
      this.cells = new Int32Array(2 * facts);
      this.starts = new Int32Array(2 * facts);
      this.facts = new Int32Array(2 * facts);
    }
    this.count = 0;
    if (isCut(frame, block) && times) this.#findByTime(block, chunk, times);
    else if (grouping.customers) this.#findByCustomer(block, chunk);
    else this.#findRuns(block, chunk);
    return this.count > 0;
  }

  #findRuns({ from, to, firstRun, endRun, minTime }: Block, { segments, runs }: Chunk): void {
    const { first, step } = this.#row(stretchOf(this.frame, minTime));
    const { cells, starts, facts } = this;
    const groups = this.grouping.segments;
    if (this.#group !== undefined) {
      if (this.#group < 0) return;
      cells[0] = first + this.#group * step;
      starts[0] = 0;
      facts[0] = to - from;
      this.count = 1;
      return;
    }
    let count = 0;
    let before = -1;
    for (let run = firstRun, start = 0; run < endRun; run++) {
      const group = groups[segments[run] as number] as number;
      const more = runs[run] as number;
      if (group >= 0 && group === before) (facts[count - 1] as number) += more;
      else if (group >= 0) {
        cells[count] = first + group * step;
        starts[count] = start;
        facts[count++] = more;
      }
      before = group;
      start += more;
    }
    this.count = count;
  }

  #findByCustomer({ from, to, firstRun, endRun, minTime }: Block, { segments, runs }: Chunk): void {
    const stretch = stretchOf(this.frame, minTime);
    if (this.#group !== undefined) this.#pushByCustomer(this.#group, stretch, from, from, to);
    else {
      const groups = this.grouping.segments;
      let fact = from;
      for (let run = firstRun; run < endRun; run++) {
        const end = fact + (runs[run] as number);
        this.#pushByCustomer(groups[segments[run] as number] as number, stretch, from, fact, end);
        fact = end;
      }
    }
  }

  /** This loop runs for millions of facts, of which few count. */
  #pushByCustomer(group: number, stretch: number, blockStart: number, from: number, to: number): void {
    if (group < 0) return;
    const { cells, starts, facts } = this;
    const { first, step } = this.#row(stretch);
    const groups = this.#groups;
    const fours = this.#fours;
    let { count } = this;
    for (let fact = from; fact < to; ) {
      const other = groups[fact] as number;
      if (other < 0) {
        fact += (fact & 3) === 0 && fours[fact >>> 2] === -1 ? 4 : 1;
        continue;
      }
      const start = fact++;
      while (fact < to && groups[fact] === other) fact++;
      cells[count] = first + (group + other) * step;
      starts[count] = start - blockStart;
      facts[count++] = fact - start;
    }
    this.count = count;
  }

  #findByTime({ from, firstRun, endRun }: Block, { segments, runs }: Chunk, times: Uint32Array): void {
    const { frame, grouping, inWindow, cells, starts, facts } = this;
    const buckets = frame.starts.length;
    let count = 0;
    let fact = from;
    for (let run = firstRun; run < endRun; run++) {
      const group = grouping.segments[segments[run] as number] as number;
      const end = fact + (runs[run] as number);
      if (group < 0) fact = end;
      for (; fact < end; fact++) {
        const other = grouping.customers ? (this.#groups[fact] as number) : 0;
        const stretch = stretchOf(frame, times[fact] as number);
        if (other < 0 || stretch > buckets) continue;
        const both = group + other;
        cells[count] = stretch === 0 ? inWindow + both : both * buckets + stretch - 1;
        starts[count] = fact - from;
        facts[count++] = 1;
      }
    }
    this.count = count;
  }
}
