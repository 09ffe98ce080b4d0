// A multinomial logistic regression over the features of a text.
import { CUES, type Features, type Seen } from "./features.ts";

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
export const bucketOf = (hash: number, bits: number): number => hash >>> (32 - bits);

function addLogits(sums: Float64Array, model: LinearModel, { grams, cues }: Seen): void {
  const { classes, bits, scale } = model;
  for (let at = 0; at < grams.ids.length; at++) {
    const value = (grams.values[at] as number) * scale;
    const row = bucketOf(grams.ids[at] as number, bits) * classes;
    for (let k = 0; k < classes; k++) sums[k] = (sums[k] as number) + value * (model.grams[row + k] as number);
  }
  for (let at = 0; at < cues.ids.length; at++) {
    const row = (cues.ids[at] as number) * classes;
    for (let k = 0; k < classes; k++) {
      sums[k] = (sums[k] as number) + (cues.values[at] as number) * (model.cues[row + k] as number);
    }
  }
}

/** What the models say together for each class, in units of log odds. */
export function logitsOf(models: readonly LinearModel[], seen: Seen): Float64Array {
  const sums = new Float64Array(models[0]?.classes ?? 0);
  for (const model of models) addLogits(sums, model, seen);
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

function addSpoken({ words, ties }: Spoken, features: Features, weightAt: (id: number) => number): void {
  for (let at = 0; at < features.ids.length; at++) {
    const from = features.from[at] as number;
    const to = features.to[at] as number;
    if (to <= from) continue;
    const share = ((features.values[at] as number) * weightAt(features.ids[at] as number)) / (to - from);
    for (let token = from; token < to; token++) {
      words[token] = (words[token] as number) + share;
      if (token > from) ties[token] = (ties[token] as number) + share;
    }
  }
}

/** What each word of the text says for one class; what is a property of the whole text is left out. */
export function spokenFor(models: readonly LinearModel[], seen: Seen, k: number): Spoken {
  const spoken = { words: new Float64Array(seen.tokens.length), ties: new Float64Array(seen.tokens.length) };
  for (const { classes, bits, scale, grams, cues } of models) {
    addSpoken(spoken, seen.grams, (id) => scale * (grams[bucketOf(id, bits) * classes + k] as number));
    addSpoken(spoken, seen.cues, (id) => cues[id * classes + k] as number);
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
