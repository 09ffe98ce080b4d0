// A multinomial logistic regression over the features of a text.
import { CUES } from "./cues.ts";
import type { Features, Seen } from "./features.ts";

/** Weights of one class after the other within each feature: the weight of class k for feature i stands at i * classes + k. */
export interface LinearModel {
  readonly classes: number;
  /** There are two to the power of this many buckets of hashed features. */
  readonly bits: number;
  /** CUES times `classes` weights. */
  readonly cues: Float32Array;
  /** Weights of the hashed features, in units of `scale`. */
  readonly grams: Int8Array | Float32Array;
  readonly scale: number;
}

/** The bucket of a hashed feature: its upper bits. */
export const bucketOf = (hash: number, bits: number): number => hash >>> shiftOf(bits);
const shiftOf = (bits: number) => 32 - bits;

// Loops over hashed features and over cues are written apart: in one for both, V8 asks at each weight what array holds it.

/** Adds up what hashed features say, three classes at a time, whose sums stay in registers. */
function addGrams(sums: Float64Array, features: Features, { bits, grams, scale }: LinearModel): void {
  const { ids, runs, ends, values } = features;
  const classes = sums.length;
  const shift = shiftOf(bits);
  for (let k = 0; k < classes; k += 3) {
    let [first, second, third] = [sums[k] as number, sums[k + 1] as number, sums[k + 2] as number];
    for (let run = 0, at = 0; run < runs; run++) {
      const value = (values[run] as number) * scale;
      for (const end = ends[run] as number; at < end; at++) {
        const row = ((ids[at] as number) >>> shift) * classes + k;
        first += value * (grams[row] as number);
        second += value * (grams[row + 1] as number);
        third += value * (grams[row + 2] as number);
      }
    }
    // A place beyond the last class takes nothing.
    [sums[k], sums[k + 1], sums[k + 2]] = [first, second, third];
  }
}

/** Adds up what cues say, of which each is a run. */
function addCues(sums: Float64Array, { ids, runs, values }: Features, cues: Float32Array): void {
  const classes = sums.length;
  for (let at = 0; at < runs; at++) {
    const row = (ids[at] as number) * classes;
    for (let k = 0; k < classes; k++) {
      sums[k] = (sums[k] as number) + (values[at] as number) * (cues[row + k] as number);
    }
  }
}

/** What the models say together for each class, in units of log odds. */
export function logitsOf(models: readonly LinearModel[], seen: Seen): Float64Array {
  const sums = new Float64Array(models[0]?.classes ?? 0);
  for (const model of models) {
    addGrams(sums, seen.grams, model);
    addCues(sums, seen.cues, model.cues);
  }
  return sums;
}

/** Turns the logits of classes, in place, into their probabilities, which add up to 1. */
export function softmax(logits: Float64Array): Float64Array {
  let top = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < logits.length; k++) if ((logits[k] as number) > top) top = logits[k] as number;
  let total = 0;
  for (let k = 0; k < logits.length; k++) {
    const power = Math.exp((logits[k] as number) - top);
    logits[k] = power;
    total += power;
  }
  for (let k = 0; k < logits.length; k++) logits[k] = (logits[k] as number) / total;
  return logits;
}

/** What the words of a text say for one class, until the next is asked for. Columns may be longer than there are words. */
export interface Spoken {
  /** What each token says. */
  readonly words: Float64Array;
  /** What each token says together with the one before it. */
  readonly ties: Float64Array;
}

let spoken: Spoken = { words: new Float64Array(256), ties: new Float64Array(256) };

/** The memory for what so many words say, as if they said nothing. */
function silence(tokens: number): Spoken {
  if (spoken.words.length < tokens) {
    spoken = { words: new Float64Array(2 * tokens), ties: new Float64Array(2 * tokens) };
  }
  spoken.words.fill(0, 0, tokens);
  spoken.ties.fill(0, 0, tokens);
  return spoken;
}

/** Gives each token of a feature its share of what it says. */
function share({ words, ties }: Spoken, said: number, first: number, end: number): void {
  const part = said / (end - first);
  for (let token = first; token < end; token++) {
    words[token] = (words[token] as number) + part;
    if (token > first) ties[token] = (ties[token] as number) + part;
  }
}

function shareGrams(spoken: Spoken, features: Features, { classes, bits, grams, scale }: LinearModel, k: number): void {
  const { ids, runs, ends, values, from, to } = features;
  const { words } = spoken;
  const shift = shiftOf(bits);
  for (let run = 0, at = 0; run < runs; run++) {
    const value = values[run] as number;
    const end = ends[run] as number;
    const first = from[run] as number;
    if ((to[run] as number) - first === 1) {
      let said = words[first] as number;
      for (; at < end; at++) said += value * (scale * (grams[((ids[at] as number) >>> shift) * classes + k] as number));
      words[first] = said;
    } else {
      for (; at < end; at++) {
        const weight = scale * (grams[((ids[at] as number) >>> shift) * classes + k] as number);
        share(spoken, value * weight, first, to[run] as number);
      }
    }
  }
}

function shareCues(spoken: Spoken, features: Features, { classes, cues }: LinearModel, k: number): void {
  const { ids, runs, values, from, to } = features;
  for (let at = 0; at < runs; at++) {
    const weight = cues[(ids[at] as number) * classes + k] as number;
    share(spoken, (values[at] as number) * weight, from[at] as number, to[at] as number);
  }
}

/** What each word of the text says for one class; what is a property of the whole text is left out. */
export function spokenFor(models: readonly LinearModel[], seen: Seen, k: number): Spoken {
  const said = silence(seen.tokens.length);
  for (const model of models) {
    shareGrams(said, seen.grams, model, k);
    shareCues(said, seen.cues, model, k);
  }
  return said;
}

/** An all-zero model, which says nothing. */
export function blankModel(classes: number, bits: number): LinearModel & { readonly grams: Float32Array } {
  return {
    classes,
    bits,
    cues: new Float32Array(CUES * classes),
    grams: new Float32Array(2 ** bits * classes),
    scale: 1,
  };
}
