// Counts facts into cells: one cell for each group and bucket.

import { MetricsKind } from "#gen/deskwire/analytics/v1/metrics_pb.js";
import { CHUNK_FACTS, type Chunk, Code, type Customers, MAX_ENGINE, MoodValue, Run, Span } from "./chunk.ts";
import { KINDS } from "./facts.ts";
import { Lengths } from "./lengths.ts";

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
  readonly #moods: boolean;
  /** By `Span`, whether such lengths are asked for. */
  readonly #spans: Readonly<Record<number, boolean | undefined>>;
  /** The cells of the chunk in hand. */
  readonly #cells = new Int32Array(CHUNK_FACTS);

  /** @param kinds what is asked for; the rest is not looked at */
  constructor(frame: Frame, grouping: Grouping, kinds: ReadonlySet<MetricsKind>) {
    this.frame = frame;
    this.grouping = grouping;
    this.#moods = kinds.has(MetricsKind.MOOD);
    const [response, resolution] = [MetricsKind.RESPONSE_TIME, MetricsKind.RESOLUTION_TIME].map((kind) =>
      kinds.has(kind),
    );
    this.#spans = { [Span.FIRST]: response, [Span.NEXT]: response, [Span.RESOLUTION]: resolution };
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

  /** What groups are ranked by: how much goes on in each within the window, and how many tickets are open at its end. */
  activity(): Float64Array {
    return Float64Array.from({ length: this.grouping.groups }, (_, group) => {
      let sum = this.before[group] as number;
      for (let cell = group * this.buckets; cell < (group + 1) * this.buckets; cell++) {
        sum += this.changes[cell] as number;
        for (const what of [CREATED, REPLY, RESOLVED]) sum += this.counter(cell, what);
      }
      return sum;
    });
  }

  /** Adds a chunk that lies before the window altogether, by its balance; only where customers make no difference. */
  addBalance(balance: Int32Array): void {
    for (let index = 0; index < balance.length; index += 2) {
      const group = this.grouping.segments[balance[index] as number] ?? -1;
      if (group >= 0) this.before[group] = (this.before[group] as number) + (balance[index + 1] as number);
    }
  }

  /** Adds a chunk, with its customers where they make a difference. */
  add(chunk: Chunk, whose: Customers | undefined): void {
    const cells = this.#cellsOf(chunk, whose);
    let index = 0;
    let value = 0;
    for (const run of chunk.runs) {
      const code = Run.code(run);
      const part = { code, cells, from: index, to: index + Run.facts(run), values: chunk.values, at: value };
      this.#count(part);
      const what = code & 15;
      const isText = what === CREATED || what === MESSAGE;
      if (isText && this.#moods) this.#addMoods(part);
      else if (!isText && this.#spans[Code.span.in(code)]) this.#addLengths(part);
      index = part.to;
      value += Code.values(code) * Run.facts(run);
    }
  }

  /**
   * The cell of each fact; -1 for one that does not count. What lies before the window is put into `before` on the way. These
   * loops, and those below, run for millions of facts.
   */
  #cellsOf(chunk: Chunk, whose: Customers | undefined): Int32Array {
    const { count, times, segments: segmentOf, minTime, maxTime } = chunk;
    const { start, end, starts } = this.frame;
    const segments = localGroups(chunk.segmentIds, this.grouping.segments);
    const cells = this.#cells.subarray(0, count);
    const [one = -1] = segments;
    if (segments.every((group) => group === one)) cells.fill(one);
    else for (let index = 0; index < count; index++) cells[index] = segments[segmentOf[index] as number] as number;
    if (whose && this.grouping.customers) {
      const customers = localGroups(whose.customerIds, this.grouping.customers);
      for (let index = 0; index < count; index++) {
        const [group, other] = [cells[index] as number, customers[whose.customers[index] as number] as number];
        cells[index] = group < 0 || other < 0 ? -1 : group + other;
      }
    }
    const buckets = starts.length;
    const bucket = bucketAt(starts, minTime);
    if (minTime >= start && maxTime < (starts[bucket + 1] ?? end)) {
      // Most chunks lie within one bucket.
      if (buckets === 1) return cells;
      for (let index = 0; index < count; index++) {
        const group = cells[index] as number;
        if (group >= 0) cells[index] = group * buckets + bucket;
      }
      return cells;
    }
    if (minTime < start) this.#addBefore(chunk, cells);
    for (let index = 0; index < count; index++) {
      const [group, time] = [cells[index] as number, times[index] as number];
      if (group < 0) continue;
      cells[index] = time < start || time >= end ? -1 : group * buckets + bucketAt(starts, time);
    }
    return cells;
  }

  /** Adds what a chunk does to the backlog before the window. */
  #addBefore({ runs, times }: Chunk, groups: Int32Array): void {
    const { before, frame } = this;
    let index = 0;
    for (const run of runs) {
      const change = Code.change(Run.code(run));
      const to = index + Run.facts(run);
      for (; index < to && change !== 0; index++) {
        const group = groups[index] as number;
        if (group >= 0 && (times[index] as number) < frame.start) (before[group] as number) += change;
      }
      index = to;
    }
  }

  /** Counts what all facts of a run are alike in. */
  #count({ code, cells, from, to }: Part): void {
    const { counters, changes } = this;
    const [what, answered, span] = [code & 15, Code.answered.in(code), Code.span.in(code)];
    const change = Code.change(code);
    const add = (cell: number, facts: number) => {
      const base = cell * COUNTERS;
      (changes[cell] as number) += change * facts;
      (counters[base + what] as number) += facts;
      if (what === REPLY) (counters[base + REPLIES + answered] as number) += facts;
      if (what === RESOLVED) (counters[base + RESOLUTIONS + answered] as number) += facts;
      if (Code.met.in(code)) (counters[base + KEPT + span] as number) += facts;
    };
    let cell = -1;
    let facts = 0;
    for (let index = from; index < to; index++) {
      const next = cells[index] as number;
      if (next === cell) {
        facts++;
        continue;
      }
      if (cell >= 0) add(cell, facts);
      cell = next;
      facts = 1;
    }
    if (cell >= 0) add(cell, facts);
  }

  #addMoods({ code, cells, from, to, values, at }: Part): void {
    const { counters, engines } = this;
    const opening = (code & 15) === CREATED;
    for (let index = from; index < to; index++) {
      const cell = cells[index] as number;
      if (cell < 0) continue;
      const mood = values[at + index - from] as number;
      const base = cell * COUNTERS;
      (counters[base + SENTIMENTS + ((mood >>> 15) & 3)] as number) += 1;
      (counters[base + SCORE] as number) += MoodValue.score(mood);
      if (opening) (counters[base + CATEGORIES + ((mood >>> 17) & 15)] as number) += 1;
      engines[mood >>> 21] = 1;
    }
  }

  #addLengths({ code, cells, from, to, values, at }: Part): void {
    const lengths = this.lengths[Code.span.in(code)] as Lengths;
    lengths.reserve(to - from);
    for (let index = from; index < to; index++) {
      const cell = cells[index] as number;
      if (cell < 0) continue;
      const value = at + 2 * (index - from);
      lengths.add(cell, values[value] as number, values[value + 1] as number);
    }
  }
}

/** A run of facts, and where their cells and their values are. */
interface Part {
  readonly code: number;
  readonly cells: Int32Array;
  readonly from: number;
  readonly to: number;
  readonly values: Uint32Array;
  readonly at: number;
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

/** Counts no more than what groups are ranked by, for questions with more groups than a tally may have. */
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
    const { runs, times, segments: segmentOf } = chunk;
    const { start, end } = this.#frame;
    const segments = localGroups(chunk.segmentIds, this.#grouping.segments);
    const customers = whose && this.#grouping.customers && localGroups(whose.customerIds, this.#grouping.customers);
    const customerOf = whose?.customers ?? segmentOf;
    let index = 0;
    for (const run of runs) {
      const code = Run.code(run);
      const change = this.#backlog ? Code.change(code) : 0;
      const activity = isActivity(code) ? 1 : 0;
      const to = index + Run.facts(run);
      for (; index < to && (change !== 0 || activity !== 0); index++) {
        const time = times[index] as number;
        if (time >= end) continue;
        const group = segments[segmentOf[index] as number] as number;
        const other = customers ? (customers[customerOf[index] as number] as number) : 0;
        if (group < 0 || other < 0) continue;
        (this.counts[group + other] as number) += time >= start ? change + activity : change;
      }
      index = to;
    }
  }
}

/** What both take in. */
export type Folding = Pick<Tally, "add" | "addBalance">;
