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

function addWeighed(
  sums: Float64Array,
  { ids, values }: Features,
  weights: LinearModel["grams"],
  shift: number,
  scale: number,
): void {
  const classes = sums.length;
  if (classes === 3) return addToThree(sums, { ids, values }, weights, shift, scale);
  for (let at = 0; at < ids.length; at++) {
    const value = (values[at] as number) * scale;
    const row = ((ids[at] as number) >>> shift) * classes;
    for (let k = 0; k < classes; k++) sums[k] = (sums[k] as number) + value * (weights[row + k] as number);
  }
}

/** The same for three classes, whose sums stay in registers. */
function addToThree(
  sums: Float64Array,
  { ids, values }: Pick<Features, "ids" | "values">,
  weights: LinearModel["grams"],
  shift: number,
  scale: number,
): void {
  let [first, second, third] = sums as unknown as [number, number, number];
  for (let at = 0; at < ids.length; at++) {
    const value = (values[at] as number) * scale;
    const row = ((ids[at] as number) >>> shift) * 3;
    first += value * (weights[row] as number);
    second += value * (weights[row + 1] as number);
    third += value * (weights[row + 2] as number);
  }
  sums.set([first, second, third]);
}

/** What the models say together for each class, in units of log odds. */
export function logitsOf(models: readonly LinearModel[], seen: Seen): Float64Array {
  const sums = new Float64Array(models[0]?.classes ?? 0);
  for (const { bits, grams, cues, scale } of models) {
    addWeighed(sums, seen.grams, grams, shiftOf(bits), scale);
    addWeighed(sums, seen.cues, cues, 0, 1);
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

function addSpoken(
  { words, ties }: Spoken,
  { ids, values, from, to }: Features,
  { weights, shift, scale }: { weights: LinearModel["grams"]; shift: number; scale: number },
  { classes, k }: { classes: number; k: number },
): void {
  for (let at = 0; at < ids.length; at++) {
    const first = from[at] as number;
    const end = to[at] as number;
    if (end <= first) continue;
    const weight = scale * (weights[((ids[at] as number) >>> shift) * classes + k] as number);
    const share = ((values[at] as number) * weight) / (end - first);
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
    addSpoken(spoken, seen.grams, { weights: grams, shift: shiftOf(bits), scale }, { classes, k });
    addSpoken(spoken, seen.cues, { weights: cues, shift: 0, scale: 1 }, { classes, k });
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
