// Training all three models: from the files to the bytes of the weights and their manifest.
import { hash } from "node:crypto";
import type { LinearModel } from "../../services/analytics/engine/linear-model.ts";
import { CLASSES, heldOutExamples, type ModelName, type Sources, trainingExamples } from "./examples.ts";
import { cooled, encode, predict, rounded, temperatureOf } from "./finish.ts";
import { type Example, type Fitted, fitModel, type Settings } from "./fit.ts";
import { type DataFile, type Row, readData } from "./rows.ts";
import { confusionOf, scoresOf } from "./scores.ts";
import { readSeeds } from "./seeds.ts";
import { SOURCES, type Source, type SourceName } from "./sources.ts";

const ENGINE = "local/5";
/** How likely each class is before a text is read. No set that is for measuring only has a say in it. */
const PRIOR = "none: no class is given a start; what the models know of it was fitted to the sources alone";
/** What decided between ways to fit; docs/analytics.md has the scores. */
const CHOSEN_BY = "macro-F1 of sources left out (npm run train -- --folds), and of tweets a quarter at a time";
const SHARED = { epochs: 3, hidden: 0.3, seed: 1 } as const;
/** How each model is fitted. */
export const SETTINGS: Readonly<Record<ModelName, Settings>> = {
  sentiment: { ...SHARED, classes: 3, bits: 17, rate: 0.1, balance: 1, smoothing: 0.2 },
  category: { ...SHARED, classes: 9, bits: 15, rate: 0.12, balance: 0.5, epochs: 4 },
  urgency: { ...SHARED, classes: 3, bits: 15, rate: 0.1, balance: 0.5, epochs: 6, hidden: 0.5 },
};

/** Weights as they are written, with what is known about them. */
export interface Trained {
  readonly bytes: Uint8Array;
  readonly manifest: object;
}

/** The rows of all sources, and the files they stand in. Throws FILE_UNREADABLE. */
export function readSources(folder: string): { sources: Sources; files: DataFile[] } {
  const files = new Map<string, DataFile>();
  const rowsOf = ({ file, rows }: Source): Row[] => {
    const data = files.get(file) ?? readData(folder, file);
    files.set(file, data);
    return data.rows.filter(({ source }) => rows === undefined || source.startsWith(rows));
  };
  const entries = Object.entries(SOURCES).map(([name, source]) => [name, rowsOf(source)] as const);
  return { sources: Object.fromEntries(entries) as Record<SourceName, Row[]>, files: [...files.values()] };
}

/**
 * A model of moods that has seen neither seeds nor intents: what it says of those is said as of any new text. Tweets count
 * no more than the rest: whoever needs help writes otherwise.
 */
export function moodOfOthers(sources: Sources): Fitted {
  const examples = trainingExamples("sentiment", { ...sources, banking77: [], bitext: [] }, []).map((example) => ({
    ...example,
    weight: Math.min(1, example.weight),
  }));
  return fitModel(examples, { ...SETTINGS.sentiment, bits: SETTINGS.urgency.bits, smoothing: 0.1 });
}

/** Fits one of the models to its examples, as those are fitted that ship; urgency with what `mood` says of its texts. */
export function fitOne(
  name: ModelName,
  examples: readonly Example[],
  mood: Fitted | undefined,
  progress = (_line: string) => {},
) {
  const { epochs } = SETTINGS[name];
  progress(`${name}: ${examples.length} examples`);
  return fitModel(examples, SETTINGS[name], (epoch) => progress(`${name}: epoch ${epoch} of ${epochs}`), mood);
}

function trainOne(name: ModelName, sources: Sources, progress: (line: string) => void) {
  const settings = SETTINGS[name];
  const examples = trainingExamples(name, sources, readSeeds());
  const fitted = fitOne(name, examples, name === "urgency" ? moodOfOthers(sources) : undefined, progress);
  const heldOut = heldOutExamples(name, sources);
  // Never surer than fitted: what a desk is written is of another kind than the texts held out.
  const temperature = Math.max(1, heldOut.length > 0 ? temperatureOf(fitted, heldOut) : 1);
  const model: LinearModel = rounded(cooled(fitted, temperature));
  const said = predict(
    model,
    heldOut.map(({ text }) => text),
  );
  const scores = scoresOf(
    confusionOf(
      settings.classes,
      heldOut.map(({ label }) => label),
      said,
    ),
  );
  if (heldOut.length > 0) progress(`${name}: macro-F1 ${scores.macroF1.toFixed(3)} on ${scores.n} texts held out`);
  const { bytes, layout } = encode(model, CLASSES[name]);
  const how = { examples: examples.length, temperature, settings };
  return { bytes, model: { ...layout, ...how, ...(heldOut.length > 0 ? { heldOut: scores } : {}) } };
}

/** Trains all models on the files of a folder. The same files give the same bytes. Throws FILE_UNREADABLE. */
export function trainModels(folder: string, progress: (line: string) => void): Trained {
  const { sources, files } = readSources(folder);
  const trained = {
    sentiment: trainOne("sentiment", sources, progress),
    category: trainOne("category", sources, progress),
    urgency: trainOne("urgency", sources, progress),
  };
  const parts = Object.values(trained).map(({ bytes }) => bytes);
  const bytes = Buffer.concat(parts);
  const sha256Of = (file: string) => files.find(({ name }) => name === file)?.sha256;
  const manifest = {
    engine: ENGINE,
    sha256: hash("sha256", bytes, "hex"),
    prior: PRIOR,
    chosenBy: CHOSEN_BY,
    sources: Object.entries(SOURCES).map(([name, source]) => ({
      ...source,
      sha256: sha256Of(source.file),
      count: sources[name as SourceName].length,
    })),
    models: Object.fromEntries(Object.entries(trained).map(([name, { model }]) => [name, model])),
  };
  return { bytes, manifest };
}
