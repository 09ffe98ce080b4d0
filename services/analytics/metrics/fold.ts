// Counts facts into cells: one cell for each group and bucket.

import { type Chunk, Code, MoodValue, Span } from "./chunk.ts";
import { KINDS } from "./facts.ts";

const kind = (name: (typeof KINDS)[number]) => KINDS.indexOf(name);
const [CREATED, REPLY, RESOLVED] = [kind("created"), kind("reply"), kind("resolved")];
const MESSAGE = kind("message");

/** Places of the counters within a cell. Facts are counted by kind, from 0 on; what they say comes after. */
export const Counter = {
  kind,
  /** Answers by AI and by people; `Answered` as the index. */
  replies: (by: number) => 16 + by,
  /** Resolutions by who had answered. */
  resolved: (by: number) => 20 + by,
  /** Lengths of time that kept their target, by `Span`. */
  met: (span: number) => 24 + span,
  mood: (sentiment: number) => 28 + sentiment,
  /** Sum of scores, in ten-thousandths. */
  score: 32,
  /** Opening texts by category. */
  category: (category: number) => 33 + category,
} as const;
const COUNTERS = 33 + 16;

/** Which facts count, and for which group. */
export interface Grouping {
  /** How many groups there are. */
  readonly groups: number;
  /** The group of a segment; -1 for one that does not count; 0 where groups are not told apart by segment. */
  segment(id: number): number;
  /** The same of a customer. Absent where customers make no difference. */
  customer?(id: number): number;
}

/** The window in seconds since 1970, and where its buckets begin, the window's own start first. */
export interface Frame {
  readonly start: number;
  readonly end: number;
  readonly starts: readonly number[];
}

/** Numbers of which nobody knows how many will come. */
class Growing {
  #numbers = new Uint32Array(1024);
  length = 0;

  push(number: number): void {
    if (this.length === this.#numbers.length) {
      const larger = new Uint32Array(2 * this.length);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.length++] = number;
  }

  get numbers(): Uint32Array {
    return this.#numbers.subarray(0, this.length);
  }
}

/** Lengths of time, with the cell of each. */
export class Lengths {
  readonly cells = new Growing();
  readonly wall = new Growing();
  readonly business = new Growing();
}

/** The group of each of a chunk's facts, by the local numbers of segment and customer. */
function localGroups(chunk: Chunk, grouping: Grouping): { segments: Int32Array; customers: Int32Array | undefined } {
  const segments = Int32Array.from(chunk.segmentIds, (id) => grouping.segment(id));
  const customers = grouping.customer && Int32Array.from(chunk.customerIds, (id) => grouping.customer?.(id) ?? 0);
  return { segments, customers };
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
  /** Numbers of the engines that read the texts. */
  readonly engines = new Set<number>();

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
      const group = this.grouping.segment(balance[index] as number);
      if (group >= 0) this.before[group] = (this.before[group] as number) + (balance[index + 1] as number);
    }
  }

  /** Adds a chunk. */
  add(chunk: Chunk): void {
    const { count, times, codes, values } = chunk;
    const { start, end, starts } = this.frame;
    const { counters, changes, before, lengths, engines } = this;
    const { segments, customers } = localGroups(chunk, this.grouping);
    const buckets = starts.length;
    let at = 0;
    let bucket = 0;
    let [from, to] = [starts[0] as number, starts[1] ?? end];
    for (let index = 0; index < count; index++) {
      const code = codes[index] as number;
      const first = at;
      at += Code.values(code);
      const time = times[index] as number;
      if (time >= end) continue;
      let group = segments[chunk.segments[index] as number] as number;
      if (group < 0) continue;
      if (customers) {
        const other = customers[chunk.customers[index] as number] as number;
        if (other < 0) continue;
        group += other;
      }
      const change = Code.change(code);
      if (time < start) {
        before[group] = (before[group] as number) + change;
        continue;
      }
      if (time < from || time >= to) {
        bucket = bucketAt(starts, time);
        [from, to] = [starts[bucket] as number, starts[bucket + 1] ?? end];
      }
      const cell = group * buckets + bucket;
      const base = cell * COUNTERS;
      const what = code & 15;
      if (change !== 0) changes[cell] = (changes[cell] as number) + change;
      increase(counters, base + what);
      if (what === REPLY) increase(counters, base + Counter.replies(Code.answered.in(code)));
      else if (what === RESOLVED) increase(counters, base + Counter.resolved(Code.answered.in(code)));
      else if (what === CREATED || what === MESSAGE) {
        const mood = values[first] as number;
        increase(counters, base + Counter.mood(MoodValue.sentiment(mood)));
        counters[base + Counter.score] = (counters[base + Counter.score] as number) + MoodValue.score(mood);
        if (what === CREATED) increase(counters, base + Counter.category(MoodValue.category(mood)));
        engines.add(MoodValue.engine(mood));
        continue;
      }
      const span = Code.span.in(code);
      if (span === Span.NONE) continue;
      if (Code.met.in(code)) increase(counters, base + Counter.met(span));
      const { cells, wall, business } = lengths[span] as Lengths;
      cells.push(cell);
      wall.push(values[first] as number);
      business.push(values[first + 1] as number);
    }
  }
}

function increase(counters: Float64Array, index: number): void {
  counters[index] = (counters[index] as number) + 1;
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

/** How much goes on in each group within the window, with the tickets open at its end: what groups are ranked by. */
export class Activity {
  readonly #frame: Frame;
  readonly #grouping: Grouping;
  readonly counts: Float64Array;

  constructor(frame: Frame, grouping: Grouping) {
    this.#frame = frame;
    this.#grouping = grouping;
    this.counts = new Float64Array(grouping.groups);
  }

  addBalance(balance: Int32Array): void {
    for (let index = 0; index < balance.length; index += 2) {
      const group = this.#grouping.segment(balance[index] as number);
      if (group >= 0) this.counts[group] = (this.counts[group] as number) + (balance[index + 1] as number);
    }
  }

  add(chunk: Chunk): void {
    const { count, times, codes } = chunk;
    const { start, end } = this.#frame;
    const { segments, customers } = localGroups(chunk, this.#grouping);
    for (let index = 0; index < count; index++) {
      const time = times[index] as number;
      if (time >= end) continue;
      const group = segments[chunk.segments[index] as number] as number;
      const other = customers ? (customers[chunk.customers[index] as number] as number) : 0;
      if (group < 0 || other < 0) continue;
      const code = codes[index] as number;
      const weight = Code.change(code) + (time >= start && isActivity(code) ? 1 : 0);
      if (weight !== 0) this.counts[group + other] = (this.counts[group + other] as number) + weight;
    }
  }
}

/** What both take in. */
export type Folding = Pick<Tally, "add" | "addBalance">;
