// Learning from a person's corrections: a small model on top of the trained ones.
import { hash } from "node:crypto";
import { Turn } from "../../../runtime/background/turn.ts";
import { ALWAYS, CUES } from "./cues.ts";
import type { Correction, Engine } from "./engine.ts";
import { copyOf, see } from "./features.ts";
import { blankModel, bucketOf, type LinearModel, logitsOf, softmax } from "./linear-model.ts";
import { engineOf, type Models } from "./local-engine.ts";
import { readable } from "./readable.ts";
import type { Sentence } from "./tokens.ts";

/** Two to the power of this many buckets: a few hundred texts need no more. */
const BITS = 13;
/** How often the lessons are gone through; more rounds change little. */
const ROUNDS = 4;
/** Length of the first steps. */
const RATE = 0.3;
/** How strongly the weights are pulled back to nothing. */
const PULL = 0.1;
/** How readily a class as such, a cue and a hashed feature are taken for the reason: a lesson is about its words first of all. */
const CLASS_GAIN = 0.3;
const CUE_GAIN = 0.25;
const GRAM_GAIN = 2;
/** 0 has lessons of a class count for as much as there are of them, 1 has all classes count the same. */
const BALANCE = 0.5;
/** No lesson counts more than this, however rare its class: one slip of a hand is not to teach much. */
const MOST_WEIGHT = 3;

interface Lesson {
  readonly sentences: readonly Sentence[];
  /** Index of the class it really is. */
  readonly label: number;
}

/** A lesson as the fit goes through it: `ids` number the features of all lessons from 0 on. */
interface Exercise {
  readonly ids: Int32Array;
  readonly values: Float64Array;
  readonly label: number;
  /** How much it counts. */
  readonly weight: number;
  readonly base: Float64Array;
}

function gainOf(id: number): number {
  if (id === ALWAYS) return CLASS_GAIN;
  return id < CUES ? CUE_GAIN : GRAM_GAIN;
}

/** What a lesson of each class counts: more where the class has few. */
function weightsOf(lessons: readonly Lesson[], classes: number): number[] {
  const counts = Array<number>(classes).fill(0);
  for (const { label } of lessons) counts[label] = (counts[label] as number) + 1;
  const fair = lessons.length / counts.filter((count) => count > 0).length;
  return counts.map((count) => Math.min(MOST_WEIGHT, (fair / count) ** BALANCE));
}

/** The lessons with their features numbered, and the place in the model of each number. */
async function exercisesOf(models: readonly LinearModel[], lessons: readonly Lesson[], turn: Turn) {
  const numbers = new Int32Array(CUES + 2 ** BITS).fill(-1);
  const places: number[] = [];
  const numberOf = (id: number) => {
    if (numbers[id] === -1) numbers[id] = places.push(id) - 1;
    return numbers[id] as number;
  };
  const weights = weightsOf(lessons, models[0]?.classes ?? 0);
  const exercises: Exercise[] = [];
  for (const { sentences, label } of lessons) {
    if (turn.isOver) await turn.pass();
    const seen = see(sentences);
    const [cues, grams] = [copyOf(seen.cues), copyOf(seen.grams)];
    const size = cues.ids.length + grams.ids.length;
    const exercise = {
      ids: new Int32Array(size),
      values: new Float64Array(size),
      label,
      weight: weights[label] as number,
      base: logitsOf(models, seen),
    };
    for (let at = 0; at < size; at++) {
      const gram = at - cues.ids.length;
      const id = gram < 0 ? (cues.ids[at] as number) : CUES + bucketOf(grams.ids[gram] as number, BITS);
      exercise.ids[at] = numberOf(id);
      exercise.values[at] = gainOf(id) * ((gram < 0 ? cues.values[at] : grams.values[gram]) as number);
    }
    exercises.push(exercise);
  }
  return { exercises, ids: places };
}

function practise({ ids, values, label, weight, base }: Exercise, weights: Float64Array, rate: number): void {
  const classes = base.length;
  const logits = base.slice();
  for (let at = 0; at < ids.length; at++) {
    const row = (ids[at] as number) * classes;
    for (let k = 0; k < classes; k++) {
      logits[k] = (logits[k] as number) + (values[at] as number) * (weights[row + k] as number);
    }
  }
  const slopes = softmax(logits);
  slopes[label] = (slopes[label] as number) - 1;
  for (let at = 0; at < ids.length; at++) {
    const row = (ids[at] as number) * classes;
    const step = rate * weight * (values[at] as number);
    for (let k = 0; k < classes; k++) weights[row + k] = (weights[row + k] as number) - step * (slopes[k] as number);
  }
}

/** A small model that moves what `models` say towards the lessons, held back so that few lessons move little. */
async function correctionOf(
  models: readonly LinearModel[],
  lessons: readonly Lesson[],
  turn: Turn,
): Promise<LinearModel> {
  const classes = models[0]?.classes ?? 0;
  const { exercises, ids } = await exercisesOf(models, lessons, turn);
  const weights = new Float64Array(ids.length * classes);
  for (let round = 0; round < ROUNDS; round++) {
    const rate = RATE / (1 + round / 4);
    for (const exercise of exercises) {
      if (turn.isOver) await turn.pass();
      practise(exercise, weights, rate);
    }
    const kept = 1 / (1 + rate * PULL);
    for (let at = 0; at < weights.length; at++) weights[at] = (weights[at] as number) * kept;
  }
  const model = blankModel(classes, BITS);
  ids.forEach((id, number) => {
    const table = id < CUES ? model.cues : model.grams;
    const row = (id < CUES ? id : id - CUES) * classes;
    for (let k = 0; k < classes; k++) table[row + k] = (weights[number * classes + k] as number) * gainOf(id);
  });
  return model;
}

async function taught(
  models: readonly LinearModel[],
  corrections: readonly Correction[],
  question: "sentiment" | "category",
  turn: Turn,
): Promise<readonly LinearModel[]> {
  const lessons: Lesson[] = [];
  for (const { text, [question]: value } of corrections) {
    if (turn.isOver) await turn.pass();
    const sentences = value ? readable(text) : [];
    if (value && sentences.length > 0) lessons.push({ sentences, label: value - 1 });
  }
  return lessons.length === 0 ? models : [...models, await correctionOf(models, lessons, turn)];
}

const keyOf = ({ text, sentiment = 0, category = 0 }: Correction) => JSON.stringify([text, sentiment, category]);

/**
 * The engine over `models` adapted to all of the corrections, whatever their order; named after what it learned. It takes
 * less than a millisecond a correction of a few lines, and lets other work through meanwhile.
 */
export async function learnFrom(name: string, models: Models, corrections: readonly Correction[]): Promise<Engine> {
  if (corrections.length === 0) return engineOf(name, models);
  const ordered = corrections.map((one) => [keyOf(one), one] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  const state = hash("sha256", ordered.map(([key]) => key).join("\n"), "hex").slice(0, 8);
  const lessons = ordered.map(([, one]) => one);
  const turn = new Turn();
  return engineOf(`${name}+${state}`, {
    sentiment: await taught(models.sentiment, lessons, "sentiment", turn),
    category: await taught(models.category, lessons, "category", turn),
    urgency: models.urgency,
  });
}
