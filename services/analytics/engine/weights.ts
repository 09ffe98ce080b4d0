// The trained weights as they lie beside this file: int8 tables in weights.bin, described by manifest.json.
import { readFileSync } from "node:fs";
import { CUES } from "./cues.ts";
import type { LinearModel } from "./linear-model.ts";
import manifest from "./weights/manifest.json" with { type: "json" };

/** What one of the models in weights.bin looks like. */
export interface ModelLayout {
  readonly classes: readonly string[];
  readonly bits: number;
  readonly scale: number;
}

/** Name and version of the trained engine. */
export const ENGINE_NAME: string = manifest.engine;

/** Size in bytes of a model in the file: float32 weights of the cues (little-endian), then int8 weights of the buckets. */
const sizeOf = ({ classes, bits }: ModelLayout) => classes.length * (CUES * 4 + 2 ** bits);

function modelAt(bytes: Uint8Array, offset: number, { classes, bits, scale }: ModelLayout): LinearModel {
  const cues = new Float32Array(CUES * classes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, cues.byteLength);
  for (let at = 0; at < cues.length; at++) cues[at] = view.getFloat32(at * 4, true);
  const grams = new Int8Array(bytes.buffer, bytes.byteOffset + offset + cues.byteLength, 2 ** bits * classes.length);
  return { classes: classes.length, bits, cues, grams, scale };
}

/** The models of a weights file, in the order of their layouts. */
export function decodeWeights(bytes: Uint8Array, layouts: readonly ModelLayout[]): LinearModel[] {
  let offset = 0;
  return layouts.map((layout) => {
    const model = modelAt(bytes, offset, layout);
    offset += sizeOf(layout);
    return model;
  });
}

/** The trained models. Their classes are the values of the enums, in order, without the unspecified one. */
export function loadModels(): { sentiment: LinearModel; category: LinearModel; urgency: LinearModel } {
  const bytes = readFileSync(new URL("./weights/weights.bin", import.meta.url));
  const { sentiment, category, urgency } = manifest.models;
  const [first, second, third] = decodeWeights(bytes, [sentiment, category, urgency]);
  return { sentiment: first as LinearModel, category: second as LinearModel, urgency: third as LinearModel };
}
