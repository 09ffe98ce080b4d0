// Counts facts into cells: of each group one for what was before the window, and one a bucket.

import { MetricsKind } from "#gen/deskwire/analytics/v1/metrics_pb.js";
import { Cells, type Frame, type Grouping } from "./cells.ts";
import type { Block } from "./chunk.ts";
import type { Facts } from "./fact-cache.ts";
import { CODES, Code, MAX_ENGINE, MoodValue, Span } from "./fact-code.ts";
import { type Fact, KINDS } from "./facts.ts";
import { Lengths } from "./lengths.ts";

const kind = (name: (typeof KINDS)[number]) => KINDS.indexOf(name);
const [CREATED, MESSAGE, REPLY, RESOLVED] = [kind("created"), kind("message"), kind("reply"), kind("resolved")];

const [REPLIES, RESOLUTIONS, KEPT, SENTIMENTS, CATEGORIES] = [16, 20, 24, 28, 32];
const COUNTERS = CATEGORIES + 16;

/** Stands for the bucket before the window. */
export const BEFORE = -1;

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
  /** Opening texts by category. */
  category: (category: number) => CATEGORIES + category,
} as const;

/** The counters that a fact counts in by its code alone. */
function countersOf(code: number): number[] {
  const [what, answered, span] = [Code.kind.in(code), Code.answered.in(code), Code.span.in(code)];
  return [
    what,
    ...(what === REPLY ? [REPLIES + answered] : []),
    ...(what === RESOLVED ? [RESOLUTIONS + answered] : []),
    ...(Code.met.in(code) ? [KEPT + span] : []),
  ];
}

const PLACES = Array.from({ length: CODES }, (_, code) => countersOf(code));

const { VOLUME, RESPONSE_TIME, RESOLUTION_TIME, ANSWERS, MOOD } = MetricsKind;
/** Which kinds of figures facts count in. */
const KINDS_OF: Readonly<Record<Fact["kind"], readonly MetricsKind[]>> = {
  created: [VOLUME, MOOD],
  message: [MOOD],
  reply: [ANSWERS, RESPONSE_TIME],
  resolved: [VOLUME, ANSWERS, RESOLUTION_TIME],
  closed: [VOLUME],
  merged: [VOLUME],
  reopened: [VOLUME],
  entered: [VOLUME],
  left: [VOLUME],
};

/** What has been counted so far. */
export class Tally {
  readonly frame: Frame;
  readonly groups: number;
  /** By `Span`. */
  readonly lengths: readonly Lengths[];
  /** 1 at the number of each engine that read one of the texts. */
  readonly engines = new Uint8Array(MAX_ENGINE + 1);
  /** Cell by cell, group by group; see `Counter`. */
  readonly #counters: Int32Array;
  readonly #row = new Int32Array(COUNTERS);
  /** Of each cell the sum of scores, in ten-thousandths. */
  readonly #scores: Float64Array;
  /** How the backlog changes in each cell. */
  readonly #changes: Int32Array;
  readonly #cells: Cells;
  /** Whether to count facts of each kind. */
  readonly #counting: readonly boolean[];
  readonly #moods: boolean;
  /** By `Span`, whether such lengths are asked for. */
  readonly #spans: Readonly<Record<number, boolean | undefined>>;

  /**
   * @param kinds what is asked for; the rest is not looked at
   * @param ranks whether groups are to be ranked by their `activity`
   */
  constructor(frame: Frame, grouping: Grouping, kinds: ReadonlySet<MetricsKind>, ranks: boolean) {
    this.frame = frame;
    this.groups = grouping.groups;
    this.#counting = KINDS.map(
      (fact) =>
        KINDS_OF[fact].some((kind) => kinds.has(kind)) ||
        (ranks && (KINDS_OF[fact].includes(VOLUME) || fact === "reply")),
    );
    this.#moods = kinds.has(MetricsKind.MOOD);
    const [response, resolution] = [RESPONSE_TIME, RESOLUTION_TIME].map((kind) => kinds.has(kind));
    this.#spans = { [Span.FIRST]: response, [Span.NEXT]: response, [Span.RESOLUTION]: resolution };
    this.#cells = new Cells(frame, grouping);
    const cellCount = grouping.groups * (frame.starts.length + 1);
    this.lengths = Array.from({ length: 4 }, () => new Lengths(this.#cells.inWindow));
    this.#counters = new Int32Array(cellCount * COUNTERS);
    this.#scores = new Float64Array(cellCount);
    this.#changes = new Int32Array(cellCount);
  }

  /** The cell of a bucket, or of what was `BEFORE`. */
  cell(group: number, bucket: number): number {
    return bucket === BEFORE ? this.#cells.inWindow + group : group * this.frame.starts.length + bucket;
  }

  counter(cell: number, counter: number): number {
    return this.#counters[cell * COUNTERS + counter] as number;
  }

  /** All counters of some cells together, by their places; overwritten by the next call. */
  counters(cells: readonly number[]): Int32Array {
    const [row, counters] = [this.#row.fill(0), this.#counters];
    for (const cell of cells) {
      const base = cell * COUNTERS;
      for (let place = 0; place < COUNTERS; place++) (row[place] as number) += counters[base + place] as number;
    }
    return row;
  }

  /** The sum of scores in some cells, in ten-thousandths. */
  score(cells: readonly number[]): number {
    let sum = 0;
    for (const cell of cells) sum += this.#scores[cell] as number;
    return sum;
  }

  /** How the backlog changes in a cell. */
  change(cell: number): number {
    return this.#changes[cell] as number;
  }

  /** What groups are ranked by: how much goes on in each within the window, and how many tickets are open at its end. */
  activity(): Float64Array {
    return Float64Array.from({ length: this.groups }, (_, group) => {
      let sum = this.change(this.cell(group, BEFORE));
      for (let bucket = 0; bucket < this.frame.starts.length; bucket++) {
        const cell = this.cell(group, bucket);
        sum += this.change(cell);
        for (const what of [CREATED, REPLY, RESOLVED]) sum += this.counter(cell, what);
      }
      return sum;
    });
  }

  /** Adds a chunk that lies before the window altogether, by its balance; only where customers make no difference. */
  addBalance(balance: Int32Array): void {
    const { segments } = this.#cells.grouping;
    for (let index = 0; index < balance.length; index += 2) {
      const group = segments[balance[index] as number] as number;
      if (group >= 0) (this.#changes[this.cell(group, BEFORE)] as number) += balance[index + 1] as number;
    }
  }

  /** Adds a chunk, with its owners where they make a difference. */
  add(facts: Facts): void {
    if (!this.#cells.begin(facts)) return;
    for (const block of facts.chunk.blocks) {
      const { code, maxTime } = block;
      const what = Code.kind.in(code);
      if (!this.#counting[what]) continue;
      // Of what was before the window, no more than the backlog matters.
      if (maxTime < this.frame.start && Code.change(code) === 0) continue;
      if (!this.#cells.find(block, facts)) continue;
      this.#count(code);
      if (maxTime < this.frame.start) continue;
      if (what === CREATED || what === MESSAGE) {
        if (this.#moods) this.#addMoods(block, facts.chunk.values);
      } else if (this.#spans[Code.span.in(code)]) this.#addLengths(block, facts.chunk.values);
    }
  }

  #count(code: number): void {
    const counters = this.#counters;
    const changes = this.#changes;
    const { cells, facts, count: runs } = this.#cells;
    const places = PLACES[code] as readonly number[];
    const change = Code.change(code);
    for (let run = 0; run < runs; run++) {
      const cell = cells[run] as number;
      const count = facts[run] as number;
      (changes[cell] as number) += change * count;
      for (let index = 0; index < places.length; index++) {
        (counters[cell * COUNTERS + (places[index] as number)] as number) += count;
      }
    }
  }

  #addMoods({ code, values: at }: Block, values: Int32Array): void {
    const { engines } = this;
    const counters = this.#counters;
    const { cells, starts, facts, inWindow, count: runs } = this.#cells;
    const opening = Code.kind.in(code) === CREATED;
    for (let run = 0; run < runs; run++) {
      const cell = cells[run] as number;
      if (cell >= inWindow) continue;
      const base = cell * COUNTERS;
      const start = at + (starts[run] as number);
      const end = start + (facts[run] as number);
      let score = 0;
      for (let index = start; index < end; index++) {
        const mood = values[index] as number;
        (counters[base + SENTIMENTS + ((mood >>> 15) & 3)] as number) += 1;
        score += MoodValue.score(mood);
        if (opening) (counters[base + CATEGORIES + ((mood >>> 17) & 15)] as number) += 1;
        engines[mood >>> 21] = 1;
      }
      (this.#scores[cell] as number) += score;
    }
  }

  #addLengths({ code, from, to, values: at }: Block, values: Int32Array): void {
    (this.lengths[Code.span.in(code)] as Lengths).add({ values, at, facts: to - from }, this.#cells);
  }
}
