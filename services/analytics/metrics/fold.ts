// Counts facts into cells: one cell for each group and bucket.

import { type Chunk, Code, type Customers, MAX_ENGINE, MoodValue, Span } from "./chunk.ts";
import { KINDS } from "./facts.ts";

const kind = (name: (typeof KINDS)[number]) => KINDS.indexOf(name);
const [CREATED, REPLY, RESOLVED] = [kind("created"), kind("reply"), kind("resolved")];
const MESSAGE = kind("message");

const [REPLIES, RESOLUTIONS, KEPT, SENTIMENTS, SCORE, CATEGORIES] = [16, 20, 24, 28, 32, 33];
const COUNTERS = CATEGORIES + 16;

/** Places of the counters within a cell. Facts are counted by kind, from 0 on; what they say comes after. */
export const Counter = {
  kind,
  /** Answers by AI and by people, by `Answered`. */
  replies: (by: number) => REPLIES + by,
  /** Resolutions by who had answered. */
  resolved: (by: number) => RESOLUTIONS + by,
  /** Lengths of time that kept their target, by `Span`. */
  met: (span: number) => KEPT + span,
  mood: (sentiment: number) => SENTIMENTS + sentiment,
  /** Sum of scores, in ten-thousandths. */
  score: SCORE,
  /** Opening texts by category. */
  category: (category: number) => CATEGORIES + category,
} as const;

/** Which facts count, and for which group. Groups are told apart by segment or by customer; by the other, all are 0. */
export interface Grouping {
  /** How many groups there are. */
  readonly groups: number;
  /** The group of each segment by its number; -1 for one that does not count. */
  readonly segments: Int32Array;
  /** The same of each customer. Absent where customers make no difference. */
  readonly customers?: Int32Array;
}

/** The window in seconds since 1970, and where its buckets begin, the window's own start first. */
export interface Frame {
  readonly start: number;
  readonly end: number;
  readonly starts: readonly number[];
}

/** Lengths of time with the cell of each, as many as there come. */
export class Lengths {
  #cells = new Uint32Array(1024);
  #wall = new Uint32Array(1024);
  #business = new Uint32Array(1024);
  #count = 0;

  /** Makes room for so many more, so that adding one asks for nothing. */
  reserve(more: number): void {
    const needed = this.#count + more;
    if (needed <= this.#cells.length) return;
    const grown = (numbers: Uint32Array) => {
      const larger = new Uint32Array(Math.max(needed, 2 * numbers.length));
      larger.set(numbers);
      return larger;
    };
    [this.#cells, this.#wall, this.#business] = [grown(this.#cells), grown(this.#wall), grown(this.#business)];
  }

  add(cell: number, wall: number, business: number): void {
    const at = this.#count++;
    this.#cells[at] = cell;
    this.#wall[at] = wall;
    this.#business[at] = business;
  }

  get cells(): Uint32Array {
    return this.#cells.subarray(0, this.#count);
  }

  get wall(): Uint32Array {
    return this.#wall.subarray(0, this.#count);
  }

  get business(): Uint32Array {
    return this.#business.subarray(0, this.#count);
  }
}

/** The groups of a chunk's own numbers. */
function localGroups(ids: Uint32Array, groups: Int32Array): Int32Array {
  const local = new Int32Array(ids.length);
  for (let index = 0; index < ids.length; index++) local[index] = groups[ids[index] as number] ?? -1;
  return local;
}

/** What has been counted so far. */
export class Tally {
  readonly frame: Frame;
  readonly grouping: Grouping;
  /** Cell by cell, group by group; see `Counter`. */
  readonly counters: Float64Array;
  /** How the backlog changes in each cell. */
  readonly changes: Float64Array;
  /** The backlog of each group before the window. */
  readonly before: Float64Array;
  /** By `Span`. */
  readonly lengths: readonly Lengths[] = Array.from({ length: 4 }, () => new Lengths());
  /** 1 at the number of each engine that read one of the texts. */
  readonly engines = new Uint8Array(MAX_ENGINE + 1);

  constructor(frame: Frame, grouping: Grouping) {
    this.frame = frame;
    this.grouping = grouping;
    const cells = grouping.groups * frame.starts.length;
    this.counters = new Float64Array(cells * COUNTERS);
    this.changes = new Float64Array(cells);
    this.before = new Float64Array(grouping.groups);
  }

  get buckets(): number {
    return this.frame.starts.length;
  }

  counter(cell: number, counter: number): number {
    return this.counters[cell * COUNTERS + counter] as number;
  }

  /** Adds a chunk that lies before the window altogether, by its balance; only where customers make no difference. */
  addBalance(balance: Int32Array): void {
    for (let index = 0; index < balance.length; index += 2) {
      const group = this.grouping.segments[balance[index] as number] ?? -1;
      if (group >= 0) this.before[group] = (this.before[group] as number) + (balance[index + 1] as number);
    }
  }

  /** Adds a chunk, with its customers where they make a difference. The loop runs for millions of facts, so it reads codes bit by bit itself (see `Code`). */
  add(chunk: Chunk, whose: Customers | undefined): void {
    const { count, times, codes, values, segments: segmentOf } = chunk;
    const { start, end, starts } = this.frame;
    const { counters, changes, before, engines } = this;
    const segments = localGroups(chunk.segmentIds, this.grouping.segments);
    const customers = whose && this.grouping.customers && localGroups(whose.customerIds, this.grouping.customers);
    const customerOf = whose?.customers ?? segmentOf;
    const [, first, next, resolution] = this.lengths as [Lengths, Lengths, Lengths, Lengths];
    for (const lengths of [first, next, resolution]) lengths.reserve(count);
    const buckets = starts.length;
    let after = 0;
    let bucket = 0;
    let from = starts[0] as number;
    let to = starts[1] ?? end;
    for (let index = 0; index < count; index++) {
      const code = codes[index] as number;
      const what = code & 15;
      const span = (code >>> 8) & 3;
      const at = after;
      after += what <= MESSAGE ? 1 : span === 0 ? 0 : 2;
      const time = times[index] as number;
      if (time >= end) continue;
      let group = segments[segmentOf[index] as number] as number;
      if (group < 0) continue;
      if (customers !== undefined) {
        const other = customers[customerOf[index] as number] as number;
        if (other < 0) continue;
        group += other;
      }
      const backlog = (code >>> 4) & 3;
      const change = backlog === 0 ? 0 : backlog === 1 ? 1 : -1;
      if (time < start) {
        (before[group] as number) += change;
        continue;
      }
      if (time < from || time >= to) {
        bucket = bucketAt(starts, time);
        from = starts[bucket] as number;
        to = starts[bucket + 1] ?? end;
      }
      const cell = group * buckets + bucket;
      const base = cell * COUNTERS;
      (changes[cell] as number) += change;
      (counters[base + what] as number) += 1;
      if (what <= MESSAGE) {
        const mood = values[at] as number;
        (counters[base + SENTIMENTS + ((mood >>> 15) & 3)] as number) += 1;
        (counters[base + SCORE] as number) += MoodValue.score(mood);
        if (what === CREATED) (counters[base + CATEGORIES + ((mood >>> 17) & 15)] as number) += 1;
        engines[mood >>> 21] = 1;
        continue;
      }
      if (what === REPLY) (counters[base + REPLIES + ((code >>> 6) & 3)] as number) += 1;
      else if (what === RESOLVED) (counters[base + RESOLUTIONS + ((code >>> 6) & 3)] as number) += 1;
      if (span === 0) continue;
      (counters[base + KEPT + span] as number) += (code >>> 10) & 1;
      const lengths = span === Span.FIRST ? first : span === Span.NEXT ? next : resolution;
      lengths.add(cell, values[at] as number, values[at + 1] as number);
    }
  }
}

/** The last bucket that begins at `time` or before. */
function bucketAt(starts: readonly number[], time: number): number {
  let [low, high] = [0, starts.length];
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] as number) <= time) low = middle;
    else high = middle;
  }
  return low;
}

/** Whether a fact counts as something going on, by which groups are ranked: a ticket opened, an answer, a resolution. */
function isActivity(code: number): boolean {
  const what = code & 15;
  return what === CREATED || what === REPLY || what === RESOLVED;
}

/** How much goes on in each group within the window, and how many tickets are open at its end: what groups are ranked by. */
export class Activity {
  readonly #frame: Frame;
  readonly #grouping: Grouping;
  readonly #backlog: boolean;
  readonly counts: Float64Array;

  /** @param backlog whether open tickets count too; then all facts since the beginning are needed */
  constructor(frame: Frame, grouping: Grouping, backlog: boolean) {
    this.#frame = frame;
    this.#grouping = grouping;
    this.#backlog = backlog;
    this.counts = new Float64Array(grouping.groups);
  }

  addBalance(balance: Int32Array): void {
    for (let index = 0; index < balance.length; index += 2) {
      const group = this.#grouping.segments[balance[index] as number] ?? -1;
      if (group >= 0) this.counts[group] = (this.counts[group] as number) + (balance[index + 1] as number);
    }
  }

  add(chunk: Chunk, whose: Customers | undefined): void {
    const { count, times, codes, segments: segmentOf } = chunk;
    const { start, end } = this.#frame;
    const segments = localGroups(chunk.segmentIds, this.#grouping.segments);
    const customers = whose && this.#grouping.customers && localGroups(whose.customerIds, this.#grouping.customers);
    const customerOf = whose?.customers ?? segmentOf;
    for (let index = 0; index < count; index++) {
      const time = times[index] as number;
      if (time >= end) continue;
      const group = segments[segmentOf[index] as number] as number;
      const other = customers ? (customers[customerOf[index] as number] as number) : 0;
      if (group < 0 || other < 0) continue;
      const code = codes[index] as number;
      const weight = (this.#backlog ? Code.change(code) : 0) + (time >= start && isActivity(code) ? 1 : 0);
      if (weight !== 0) this.counts[group + other] = (this.counts[group + other] as number) + weight;
    }
  }
}

/** What both take in. */
export type Folding = Pick<Tally, "add" | "addBalance">;
