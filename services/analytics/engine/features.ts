// What the models see of a text: its words, pairs of words and parts of words, hashed, and what the word lists say of it.
import { addCues } from "./cues.ts";
import { Grams } from "./grams.ts";
import type { Sentence, Token } from "./tokens.ts";

/** Features with values, each with the tokens it was read from. Columns may be longer than there are features. */
export interface Features {
  readonly count: number;
  readonly ids: Int32Array;
  readonly values: Float64Array;
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
  /** Which features are weighed together. */
  groups = new Uint8Array(1024);
  ids = new Int32Array(1024);
  values = new Float64Array(1024);
  from = new Int32Array(1024);
  to = new Int32Array(1024);

  /** Adds one that stands at tokens `from` up to `to`, `to` not included; one of the whole text stands at none. */
  add(id: number, value: number, from = 0, to = from): void {
    this.reserve(1);
    const at = this.count++;
    this.ids[at] = id;
    this.values[at] = value;
    this.from[at] = from;
    this.to[at] = to;
  }

  /** Makes room for so many more. */
  reserve(more: number): void {
    if (this.count + more <= this.ids.length) return;
    const size = 2 * (this.count + more);
    this.groups = doubled(this.groups, new Uint8Array(size));
    this.ids = doubled(this.ids, new Int32Array(size));
    this.values = doubled(this.values, new Float64Array(size));
    this.from = doubled(this.from, new Int32Array(size));
    this.to = doubled(this.to, new Int32Array(size));
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

const grams = new FeatureList();
const cues = new FeatureList();

/** What the models see of a text that has been split into sentences. Linear in its length. */
export function see(sentences: readonly Sentence[]): Seen {
  const tokens: Token[] = [];
  grams.count = 0;
  cues.count = 0;
  const reader = new Grams(grams);
  for (const sentence of sentences) {
    reader.read(sentence, tokens.length);
    for (const token of sentence.tokens) tokens.push(token);
  }
  reader.weigh();
  addCues(cues, sentences, tokens);
  return { tokens, grams, cues };
}
