// Learning from a person's corrections: a small model on top of the trained ones.
import { createHash } from "node:crypto";
import type { Correction, Engine } from "./engine.ts";
import { CUES, type Seen, see } from "./features.ts";
import { blankModel, bucketOf, type LinearModel, logitsOf, softmax } from "./linear-model.ts";
import { engineOf, type Models } from "./local-engine.ts";
import { readable } from "./readable.ts";

/** Two to the power of this many buckets: a few hundred texts need no more. */
const BITS = 13;
export const SETTINGS = { rounds: 30, rate: 0.3, pull: 0.02, bias: 1, cues: 0.5, grams: 1 };

interface Lesson {
  readonly seen: Seen;
  /** Index of the class it really is. */
  readonly label: number;
}

/** A small model that moves what `models` say towards the lessons, held back so that few lessons move little. */
function correctionOf(models: readonly LinearModel[], lessons: readonly Lesson[]): LinearModel {
  const classes = models[0]?.classes ?? 0;
  const model = blankModel(classes, BITS);
  const taught = lessons.map(({ seen, label }) => {
    const ids: number[] = [];
    const values: number[] = [];
    seen.cues.ids.forEach((id, at) => {
      ids.push(id);
      values.push((seen.cues.values[at] as number) * (id === 0 ? SETTINGS.bias : SETTINGS.cues));
    });
    seen.grams.ids.forEach((hash, at) => {
      ids.push(CUES + bucketOf(hash, BITS));
      values.push((seen.grams.values[at] as number) * SETTINGS.grams);
    });
    return { ids, values, label, base: logitsOf(models, seen) };
  });
  const weights = new Float64Array((CUES + 2 ** BITS) * classes);
  for (let round = 0; round < SETTINGS.rounds; round++) {
    const rate = SETTINGS.rate / (1 + round * 0.2);
    for (const { ids, values, label, base } of taught) {
      const logits = Float64Array.from(base);
      for (let at = 0; at < ids.length; at++) {
        const row = (ids[at] as number) * classes;
        for (let k = 0; k < classes; k++)
          logits[k] = (logits[k] as number) + (values[at] as number) * (weights[row + k] as number);
      }
      const shares = softmax(logits);
      for (let at = 0; at < ids.length; at++) {
        const row = (ids[at] as number) * classes;
        for (let k = 0; k < classes; k++) {
          const slope = (shares[k] as number) - (k === label ? 1 : 0);
          weights[row + k] = (weights[row + k] as number) - rate * (values[at] as number) * slope;
        }
      }
    }
    const kept = 1 - Math.min(0.9, rate * SETTINGS.pull * 20);
    for (let at = 0; at < weights.length; at++) weights[at] = (weights[at] as number) * kept;
  }
  for (let at = 0; at < CUES; at++)
    for (let k = 0; k < classes; k++)
      model.cues[at * classes + k] = (weights[at * classes + k] as number) * (at === 0 ? SETTINGS.bias : SETTINGS.cues);
  for (let at = CUES * classes; at < weights.length; at++)
    model.grams[at - CUES * classes] = (weights[at] as number) * SETTINGS.grams;
  return model;
}

function taught(models: readonly LinearModel[], corrections: readonly Correction[], of: "sentiment" | "category") {
  const lessons: Lesson[] = corrections.flatMap((correction) => {
    const value = correction[of];
    const sentences = value ? readable(correction.text) : [];
    return value && sentences.length > 0 ? [{ seen: see(sentences), label: value - 1 }] : [];
  });
  return lessons.length === 0 ? models : [...models, correctionOf(models, lessons)];
}

const keyOf = ({ text, sentiment = 0, category = 0 }: Correction) => JSON.stringify([text, sentiment, category]);

/** The engine over `models` adapted to all of the corrections, whatever their order; named after what it learned. */
export function learnFrom(name: string, models: Models, corrections: readonly Correction[]): Engine {
  if (corrections.length === 0) return engineOf(name, models);
  const ordered = corrections.map((one) => [keyOf(one), one] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  const hash = createHash("sha256")
    .update(ordered.map(([key]) => key).join("\n"))
    .digest("hex");
  const lessons = ordered.map(([, one]) => one);
  return engineOf(`${name}+${hash.slice(0, 8)}`, {
    sentiment: taught(models.sentiment, lessons, "sentiment"),
    category: taught(models.category, lessons, "category"),
    urgency: models.urgency,
  });
}
