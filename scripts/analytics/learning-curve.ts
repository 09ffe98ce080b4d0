// What corrections are worth: categories of unseen texts after the engine was taught some others of the same kind.
import type { Category } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import type { LearningEngine } from "../../services/analytics/engine/engine.ts";
import { classOf, type DataSet } from "./data-sets.ts";
import { CLASSES } from "./examples.ts";
import { randomOf, shuffled } from "./fit.ts";
import { confusionOf, scoresOf } from "./scores.ts";

/** How right the engine is after so many corrections. */
export interface CurvePoint {
  readonly corrections: number;
  readonly macroF1: number;
  readonly accuracy: number;
  /** What the corrections changed of the macro-F1 in each draw. */
  readonly gains: readonly number[];
  /** Milliseconds that learning took, on average. */
  readonly ms: number;
  /** Texts that each draw was measured on. */
  readonly unseen: number;
}

/** The mean; 0 of none. */
export const mean = (numbers: readonly number[]) =>
  numbers.reduce((sum, one) => sum + one, 0) / Math.max(1, numbers.length);

/**
 * The learning curve on a data set of categories: in each draw the texts are shuffled, `most` of them or three in five
 * are there to be corrected, and the rest measure every step of the curve. The first step is none.
 */
export async function learningCurve(
  engine: LearningEngine,
  { texts, labels }: Pick<DataSet, "texts" | "labels">,
  steps: readonly number[],
  draws: number,
) {
  const most = Math.min(Math.max(...steps), Math.floor(texts.length * 0.6));
  const taken = [...new Set(steps.map((step) => Math.min(step, most)))];
  const runs: { ms: number; unseen: number; macroF1: number; accuracy: number }[][] = [];
  for (let draw = 0; draw < draws; draw++) {
    const order = shuffled(
      texts.map((_, at) => at),
      randomOf(draw + 1),
    );
    const lessons = order.slice(0, most).map((at) => ({
      text: texts[at] as string,
      category: ((labels[at] as number) + 1) as Category,
    }));
    const unseen = order.slice(most);
    const run: (typeof runs)[number] = [];
    for (const step of taken) {
      const started = performance.now();
      const taught = await engine.learn(lessons.slice(0, step));
      const ms = performance.now() - started;
      const said = unseen.map((at) => classOf(taught.analyze(texts[at] as string).categorization.primaryCategory));
      const truth = unseen.map((at) => labels[at] as number);
      const { macroF1, accuracy } = scoresOf(confusionOf(CLASSES.category.length, truth, said));
      run.push({ ms, unseen: unseen.length, macroF1, accuracy });
    }
    runs.push(run);
  }
  return taken.map((corrections, at): CurvePoint => {
    const points = runs.map((run) => run[at] as (typeof run)[number]);
    const scores = points.map(({ macroF1 }) => macroF1);
    return {
      corrections,
      macroF1: mean(scores),
      accuracy: mean(points.map(({ accuracy }) => accuracy)),
      gains: runs.map((run, draw) => (scores[draw] as number) - (run[0] as (typeof run)[number]).macroF1),
      ms: mean(points.map(({ ms }) => ms)),
      unseen: points[0]?.unseen ?? 0,
    };
  });
}
