// Learning from a person's corrections: a small model on top of the trained ones.
import { createHash } from "node:crypto";
import type { Correction, Engine } from "./engine.ts";
import { CUES, type Seen, see } from "./features.ts";
import { blankModel, bucketOf, type LinearModel, logitsOf, softmax } from "./linear-model.ts";
import { engineOf, type Models } from "./local-engine.ts";
import { readable } from "./readable.ts";
import { Turn } from "./turn.ts";

/** Two to the power of this many buckets: a few hundred texts need no more. */
const BITS = 13;
export const SETTINGS = { rounds: 30, rate: 0.3, pull: 0.02, bias: 1, cues: 0.5, grams: 1 };

interface Lesson {
  readonly seen: Seen;
  /** Index of the class it really is. */
  readonly label: number;
}

/** A lesson as the training sees it. */
interface Example {
  readonly ids: Int32Array;
  readonly values: Float64Array;
  readonly label: number;
  /** What the trained models say already. */
  readonly base: Float64Array;
}

function exampleOf(models: readonly LinearModel[], { seen, label }: Lesson): Example {
  const { cues, grams } = seen;
  const cueValues = cues.values.map((value, at) => value * (cues.ids[at] === 0 ? SETTINGS.bias : SETTINGS.cues));
  return {
    ids: Int32Array.from([...cues.ids, ...grams.ids.map((hash) => CUES + bucketOf(hash, BITS))]),
    values: Float64Array.from([...cueValues, ...grams.values.map((value) => value * SETTINGS.grams)]),
    label,
    base: logitsOf(models, seen),
  };
}

/** Moves the weights towards one example by one step of gradient descent. */
function step(weights: Float64Array, { ids, values, label, base }: Example, rate: number): void {
  const classes = base.length;
  const logits = Float64Array.from(base);
  for (let at = 0; at < ids.length; at++) {
    const row = (ids[at] as number) * classes;
    const value = values[at] as number;
    for (let k = 0; k < classes; k++) logits[k] = (logits[k] as number) + value * (weights[row + k] as number);
  }
  const slopes = softmax(logits);
  slopes[label] = (slopes[label] as number) - 1;
  for (let at = 0; at < ids.length; at++) {
    const row = (ids[at] as number) * classes;
    const pace = rate * (values[at] as number);
    for (let k = 0; k < classes; k++) weights[row + k] = (weights[row + k] as number) - pace * (slopes[k] as number);
  }
}

/** A small model that moves what `models` say towards the lessons, held back so that few lessons move little. */
async function correctionOf(
  models: readonly LinearModel[],
  lessons: readonly Lesson[],
  turn: Turn,
): Promise<LinearModel> {
  const classes = models[0]?.classes ?? 0;
  const model = blankModel(classes, BITS);
  const examples = lessons.map((lesson) => exampleOf(models, lesson));
  const weights = new Float64Array((CUES + 2 ** BITS) * classes);
  for (let round = 0; round < SETTINGS.rounds; round++) {
    const rate = SETTINGS.rate / (1 + round * 0.2);
    for (const example of examples) {
      if (turn.isOver) await turn.pass();
      step(weights, example, rate);
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

async function taught(
  models: readonly LinearModel[],
  corrections: readonly Correction[],
  of: "sentiment" | "category",
  turn: Turn,
): Promise<readonly LinearModel[]> {
  const lessons: Lesson[] = [];
  for (const correction of corrections) {
    if (turn.isOver) await turn.pass();
    const value = correction[of];
    const sentences = value ? readable(correction.text) : [];
    if (value && sentences.length > 0) lessons.push({ seen: see(sentences), label: value - 1 });
  }
  return lessons.length === 0 ? models : [...models, await correctionOf(models, lessons, turn)];
}

const keyOf = ({ text, sentiment = 0, category = 0 }: Correction) => JSON.stringify([text, sentiment, category]);

/**
 * The engine over `models` adapted to all of the corrections, whatever their order; named after what it learned. It takes
 * milliseconds a correction, and lets other work through meanwhile.
 */
export async function learnFrom(name: string, models: Models, corrections: readonly Correction[]): Promise<Engine> {
  if (corrections.length === 0) return engineOf(name, models);
  const ordered = corrections.map((one) => [keyOf(one), one] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  const hash = createHash("sha256")
    .update(ordered.map(([key]) => key).join("\n"))
    .digest("hex");
  const lessons = ordered.map(([, one]) => one);
  const turn = new Turn();
  return engineOf(`${name}+${hash.slice(0, 8)}`, {
    sentiment: await taught(models.sentiment, lessons, "sentiment", turn),
    category: await taught(models.category, lessons, "category", turn),
    urgency: models.urgency,
  });
}
