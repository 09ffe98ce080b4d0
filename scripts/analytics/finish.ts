// What is done with a fitted model before it is written: its sureness set right, its weights rounded.
import { CUES } from "../../services/analytics/engine/cues.ts";
import { see } from "../../services/analytics/engine/features.ts";
import { type LinearModel, logitsOf, softmax } from "../../services/analytics/engine/linear-model.ts";
import { readable } from "../../services/analytics/engine/readable.ts";
import type { ModelLayout } from "../../services/analytics/engine/weights.ts";
import type { Example } from "./fit.ts";

const LARGEST = 127;
/** Weights beyond this part of all, by size, are cut to the largest: a finer scale for the rest is worth more. */
const CUT = 0.9999;

/** The class a model gives each text. */
export function predict(model: LinearModel, texts: readonly string[]): number[] {
  return texts.map((text) => {
    const logits = logitsOf([model], see(readable(text)));
    return logits.indexOf(Math.max(...logits));
  });
}

/**
 * The temperature (Guo et al. 2017) by which logits are to be divided, so that the share of a class is how often it is
 * right: the one of least log loss on the examples.
 */
export function temperatureOf(model: LinearModel, examples: readonly Example[]): number {
  const logits = examples.map(({ text }) => logitsOf([model], see(readable(text))));
  const loss = (temperature: number) =>
    logits.reduce((total, one, at) => {
      const shares = softmax(one.map((logit) => logit / temperature));
      return total - Math.log(Math.max(1e-9, shares[(examples[at] as Example).label] as number));
    }, 0);
  const tried = Array.from({ length: 41 }, (_, at) => 0.3 * 1.06 ** at);
  return tried.reduce((best, one) => (loss(one) < loss(best) ? one : best));
}

/** The model with all its logits divided by `temperature`. */
export function cooled(model: LinearModel, temperature: number): LinearModel {
  const divided = (weights: Iterable<number>) => Float32Array.from(weights, (weight) => weight / temperature);
  return { ...model, cues: divided(model.cues), grams: divided(model.grams) };
}

/** The model with its weights rounded to a byte each. */
export function rounded(model: LinearModel): LinearModel & { readonly grams: Int8Array } {
  const sizes = Float32Array.from(model.grams, Math.abs).sort();
  const scale = (sizes[Math.floor((sizes.length - 1) * CUT)] as number) / LARGEST || 1;
  const round = (weight: number) => Math.max(-LARGEST, Math.min(LARGEST, Math.round(weight / scale)));
  return { ...model, grams: Int8Array.from(model.grams, round), scale };
}

/** The bytes of a rounded model as weights.ts reads them. */
export function encode(model: LinearModel, classes: readonly string[]): { bytes: Uint8Array; layout: ModelLayout } {
  const cues = new DataView(new ArrayBuffer(CUES * classes.length * 4));
  model.cues.forEach((weight, at) => {
    cues.setFloat32(at * 4, weight, true);
  });
  const grams = new Uint8Array(Int8Array.from(model.grams).buffer);
  const bytes = new Uint8Array([...new Uint8Array(cues.buffer), ...grams]);
  return { bytes, layout: { classes, bits: model.bits, scale: model.scale } };
}
