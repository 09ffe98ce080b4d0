// What corrections are worth at a desk of a kind that no training has seen: one source of categories is left out, and taught.
import type { LearningEngine } from "../../services/analytics/engine/engine.ts";
import { engineOf } from "../../services/analytics/engine/local-engine.ts";
import { loadModels } from "../../services/analytics/engine/weights.ts";
import { CLASSES, trainingExamples } from "./examples.ts";
import { fitModel, randomOf, shuffled } from "./fit.ts";
import { readSeeds } from "./seeds.ts";
import { SOURCES } from "./sources.ts";
import { readSources, SETTINGS } from "./train-models.ts";

/** Texts of a source, and an engine that was trained on all others. */
export interface LeftOut {
  readonly name: string;
  readonly engine: LearningEngine;
  readonly texts: readonly string[];
  readonly labels: readonly number[];
}

const LEFT_OUT = ["unifiedBanking", "unifiedBitext", "unifiedClinc", "unifiedMultiDogo"] as const;
/** Texts taken of each: 200 to teach and 400 to measure by. */
const TAKEN = 600;

/** Leaves each source of categories out in turn. Only sources that may be trained on are read. Throws FILE_UNREADABLE. */
export function* leaveOneOut(folder: string): Generator<LeftOut> {
  const { sources } = readSources(folder);
  const { sentiment, urgency } = loadModels();
  const classes: readonly string[] = CLASSES.category;
  for (const name of LEFT_OUT) {
    const examples = trainingExamples("category", { ...sources, [name]: [] }, readSeeds());
    const category = fitModel(examples, SETTINGS.category);
    const rows = shuffled(sources[name], randomOf(1)).slice(0, TAKEN);
    yield {
      name: SOURCES[name].title,
      engine: engineOf(`without ${name}`, { sentiment: [sentiment], category: [category], urgency: [urgency] }),
      texts: rows.map(({ text }) => text),
      labels: rows.map(({ label }) => classes.indexOf(label)),
    };
  }
}
