// What the models see of a text: its words, pairs of words and parts of words, hashed, and what the word lists say of it.
import { addCues } from "./cues.ts";
import { Grams } from "./grams.ts";
import type { Sentence, Token } from "./tokens.ts";

/**
 * Features in runs: those of a run have the same value and were read from the same tokens. Columns may be longer than
 * there are features and runs.
 */
export interface Features {
  readonly ids: Int32Array;
  readonly runs: number;
  /** Of each run: where its ids end, which begin where those of the run before it end. */
  readonly ends: Int32Array;
  readonly values: Float64Array;
  /** Of each run: its first token, and the one after its last. One of the whole text stands at none. */
  readonly from: Int32Array;
  readonly to: Int32Array;
}

const doubled = <T extends Uint8Array | Int32Array | Float64Array>(column: T, more: T): T => {
  more.set(column);
  return more;
};

/** Gathers features. */
export class FeatureList implements Features {
  count = 0;
  runs = 0;
  ids = new Int32Array(1024);
  ends = new Int32Array(256);
  values = new Float64Array(256);
  from = new Int32Array(256);
  to = new Int32Array(256);
  /** Which runs are weighed together. */
  groups = new Uint8Array(256);

  clear(): void {
    this.count = 0;
    this.runs = 0;
  }

  /** Adds a run of one feature. */
  add(id: number, value: number, from = 0, to = from, group = 0): void {
    this.reserve(1);
    this.ids[this.count] = id;
    this.addRun(1, value, from, to, group);
  }

  /** Makes a run of the ids that have been written behind the last. */
  addRun(size: number, value: number, from: number, to: number, group: number): void {
    if (this.runs === this.ends.length) this.#moreRuns();
    const run = this.runs++;
    this.count += size;
    this.ends[run] = this.count;
    this.values[run] = value;
    this.from[run] = from;
    this.to[run] = to;
    this.groups[run] = group;
  }

  /** Makes room for so many more ids. */
  reserve(more: number): void {
    const size = this.count + more;
    if (size > this.ids.length) this.ids = doubled(this.ids, new Int32Array(2 * size));
  }

  #moreRuns(): void {
    const size = 2 * this.runs;
    this.ends = doubled(this.ends, new Int32Array(size));
    this.values = doubled(this.values, new Float64Array(size));
    this.from = doubled(this.from, new Int32Array(size));
    this.to = doubled(this.to, new Int32Array(size));
    this.groups = doubled(this.groups, new Uint8Array(size));
  }
}

/** A text as the models see it, until the next is seen: all use the same memory, since new memory takes longer than filling it. */
export interface Seen {
  readonly tokens: readonly Token[];
  /** Ids are 32-bit hashes; a model takes as many of the upper bits as it has buckets for. */
  readonly grams: Features;
  /** Ids are below CUES. */
  readonly cues: Features;
}

/** A copy that stays: every feature with its value. */
export function copyOf({ ids, runs, ends, values }: Features): { ids: Int32Array; values: Float64Array } {
  const size = runs === 0 ? 0 : (ends[runs - 1] as number);
  const copy = { ids: ids.slice(0, size), values: new Float64Array(size) };
  for (let run = 0, at = 0; run < runs; run++) {
    const end = ends[run] as number;
    copy.values.fill(values[run] as number, at, end);
    at = end;
  }
  return copy;
}

const grams = new FeatureList();
const cues = new FeatureList();

/** What the models see of a text that has been split into sentences. Linear in its length. */
export function see(sentences: readonly Sentence[]): Seen {
  const tokens: Token[] = [];
  grams.clear();
  cues.clear();
  const reader = new Grams(grams);
  for (const sentence of sentences) {
    reader.read(sentence, tokens.length);
    for (const token of sentence.tokens) tokens.push(token);
  }
  reader.weigh();
  addCues(cues, sentences, tokens);
  return { tokens, grams, cues };
}
