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

// Each of the two loops below stands there twice, for one kind of array at a time: V8 makes a loop over either several times as slow.

/** Adds up what features say, three classes at a time, whose sums stay in registers. */
function addGrams(sums: Float64Array, { ids, values }: Features, weights: Int8Array, shift: number, scale: number): void {
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
    [sums[k], sums[k + 1], sums[k + 2]] = [first, second, third];
  }
}

function addFloats(sums: Float64Array, { ids, values }: Features, weights: Float32Array, shift: number, scale: number): void {
  const classes = sums.length;
  for (let at = 0; at < ids.length; at++) {
    const value = (values[at] as number) * scale;
    const row = ((ids[at] as number) >>> shift) * classes;
    for (let k = 0; k < classes; k++) sums[k] = (sums[k] as number) + value * (weights[row + k] as number);
  }
}

/** What the models say together for each class, in units of log odds. */
export function logitsOf(models: readonly LinearModel[], seen: Seen): Float64Array {
  const sums = new Float64Array(models[0]?.classes ?? 0);
  for (const { bits, grams, cues, scale } of models) {
    if (grams instanceof Int8Array) addGrams(sums, seen.grams, grams, shiftOf(bits), scale);
    else addFloats(sums, seen.grams, grams, shiftOf(bits), scale);
    addFloats(sums, seen.cues, cues, 0, 1);
  }
  return sums;
}

/** Probabilities of the classes from their logits, which add up to 1. */
export function softmax(logits: Float64Array): Float64Array {
  const top = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - top));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

/** What the words of a text say for one class. */
export interface Spoken {
  /** What each token says. */
  readonly words: Float64Array;
  /** What each token says together with the one before it. */
  readonly ties: Float64Array;
}

/** What one class has in store for each feature; overwritten by the next. */
let told = new Float64Array(1024);

function tellGrams(ids: Int32Array, weights: Int8Array, shift: number, classes: number, k: number, scale: number): void {
  const into = told;
  for (let at = 0; at < ids.length; at++) {
    into[at] = scale * (weights[((ids[at] as number) >>> shift) * classes + k] as number);
  }
}

function tellFloats(
  ids: Int32Array,
  weights: Float32Array,
  shift: number,
  classes: number,
  k: number,
  scale: number,
): void {
  const into = told;
  for (let at = 0; at < ids.length; at++) {
    into[at] = scale * (weights[((ids[at] as number) >>> shift) * classes + k] as number);
  }
}

function addSpoken({ words, ties }: Spoken, { values, from, to }: Features, weights: Float64Array): void {
  for (let at = 0; at < values.length; at++) {
    const first = from[at] as number;
    const end = to[at] as number;
    if (end <= first) continue;
    const share = ((values[at] as number) * (weights[at] as number)) / (end - first);
    words[first] = (words[first] as number) + share;
    for (let token = first + 1; token < end; token++) {
      words[token] = (words[token] as number) + share;
      ties[token] = (ties[token] as number) + share;
    }
  }
}

/** What each word of the text says for one class; what is a property of the whole text is left out. */
export function spokenFor(models: readonly LinearModel[], seen: Seen, k: number): Spoken {
  const spoken = { words: new Float64Array(seen.tokens.length), ties: new Float64Array(seen.tokens.length) };
  for (const { classes, bits, scale, grams, cues } of models) {
    const { ids } = seen.grams;
    if (told.length < ids.length) told = new Float64Array(2 * ids.length);
    if (grams instanceof Int8Array) tellGrams(ids, grams, shiftOf(bits), classes, k, scale);
    else tellFloats(ids, grams, shiftOf(bits), classes, k, scale);
    addSpoken(spoken, seen.grams, told);
    if (told.length < seen.cues.ids.length) told = new Float64Array(2 * seen.cues.ids.length);
    tellFloats(seen.cues.ids, cues, 0, classes, k, 1);
    addSpoken(spoken, seen.cues, told);
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
