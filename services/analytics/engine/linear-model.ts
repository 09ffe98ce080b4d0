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

type Weights = LinearModel["grams"];

/** Adds up what features say, three classes at a time, whose sums stay in registers. */
function add(sums: Float64Array, { ids, values }: Features, weights: Weights, shift: number, scale: number): void {
  const classes = sums.length;
  for (let k = 0; k < classes; k += 3) {
    let [first, second, third] = [sums[k] as number, sums[k + 1] as number, sums[k + 2] as number];
    for (let at = 0; at < ids.length; at++) {
      const value = (values[at] as number) * scale;
      const row = ((ids[at] as number) >>> shift) * classes + k;
      first += value * (weights[row] as number);
      second += value * (weights[row + 1] as number);
      third += value * (weights[row + 2] as number);
    }
    // A place beyond the last class takes nothing.
    [sums[k], sums[k + 1], sums[k + 2]] = [first, second, third];
  }
}

/** What the models say together for each class, in units of log odds. */
export function logitsOf(models: readonly LinearModel[], seen: Seen): Float64Array {
  const sums = new Float64Array(models[0]?.classes ?? 0);
  for (const { bits, grams, cues, scale } of models) {
    add(sums, seen.grams, grams, shiftOf(bits), scale);
    add(sums, seen.cues, cues, 0, 1);
  }
  return sums;
}

/** Probabilities of the classes from their logits, which add up to 1. */
export function softmax(logits: Float64Array): Float64Array {
  let top = Number.NEGATIVE_INFINITY;
  for (const logit of logits) if (logit > top) top = logit;
  const shares = new Float64Array(logits.length);
  let total = 0;
  for (let k = 0; k < shares.length; k++) {
    const power = Math.exp((logits[k] as number) - top);
    shares[k] = power;
    total += power;
  }
  for (let k = 0; k < shares.length; k++) shares[k] = (shares[k] as number) / total;
  return shares;
}

/** What the words of a text say for one class. */
export interface Spoken {
  /** What each token says. */
  readonly words: Float64Array;
  /** What each token says together with the one before it. */
  readonly ties: Float64Array;
}

/** Where the weight of a class for a feature stands, and its unit. */
interface Row {
  readonly shift: number;
  readonly classes: number;
  readonly k: number;
  readonly scale: number;
}

/** Gives each token of a feature its share of what it says. */
function share(words: Float64Array, ties: Float64Array, said: number, first: number, end: number): void {
  if (end - first === 1) {
    words[first] = (words[first] as number) + said;
    return;
  }
  const part = said / (end - first);
  for (let token = first; token < end; token++) {
    words[token] = (words[token] as number) + part;
    if (token > first) ties[token] = (ties[token] as number) + part;
  }
}

/** Gives each token its share of what features say. */
function shareOut({ words, ties }: Spoken, { ids, values, from, to }: Features, weights: Weights, row: Row): void {
  const { shift, classes, k, scale } = row;
  for (let at = 0; at < ids.length; at++) {
    const weight = scale * (weights[((ids[at] as number) >>> shift) * classes + k] as number);
    share(words, ties, (values[at] as number) * weight, from[at] as number, to[at] as number);
  }
}

/** What each word of the text says for one class; what is a property of the whole text is left out. */
export function spokenFor(models: readonly LinearModel[], seen: Seen, k: number): Spoken {
  const spoken = { words: new Float64Array(seen.tokens.length), ties: new Float64Array(seen.tokens.length) };
  for (const { classes, bits, scale, grams, cues } of models) {
    const row = { shift: shiftOf(bits), classes, k, scale };
    shareOut(spoken, seen.grams, grams, row);
    shareOut(spoken, seen.cues, cues, { shift: 0, classes, k, scale: 1 });
  }
  return spoken;
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
