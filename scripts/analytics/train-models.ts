// Training all three models: from the files to the bytes of the weights and their manifest.
import { createHash } from "node:crypto";
import type { LinearModel } from "../../services/analytics/engine/linear-model.ts";
import { CLASSES, heldOutExamples, type ModelName, type Sources, trainingExamples } from "./examples.ts";
import { adjusted, encode, predict, rounded, temperatureOf } from "./finish.ts";
import { fitModel, type Settings } from "./fit.ts";
import { type DataFile, type Row, readData } from "./rows.ts";
import { confusionOf, scoresOf } from "./scores.ts";
import { readSeeds } from "./seeds.ts";
import { SOURCES, type Source, type SourceName } from "./sources.ts";

const ENGINE = "local/2";
const SHARED = { epochs: 3, hidden: 0.3, seed: 1 } as const;
const SETTINGS: Readonly<Record<ModelName, Settings>> = {
  sentiment: { ...SHARED, classes: 3, bits: 16, rate: 0.08, balance: 1 },
  category: { ...SHARED, classes: 9, bits: 15, rate: 0.12, balance: 0.5, epochs: 4 },
  urgency: { ...SHARED, classes: 3, bits: 14, rate: 0.2, balance: 0.5, epochs: 8 },
};

/**
 * What is known of a desk's mail before it is read, in log odds, all classes weighing about the same in training: who writes to a
 * desk is half as likely again to have trouble as the writers of tweets and comments, and most requests are of medium
 * urgency, as the contract says.
 */
const PRIOR: Readonly<Record<ModelName, readonly number[]>> = {
  sentiment: [Math.log(1.5), 0, 0],
  category: [],
  urgency: [0, Math.log(1.5), -Math.log(1.5)],
};

/** Weights as they are written, with what is known about them. */
export interface Trained {
  readonly bytes: Uint8Array;
  readonly manifest: object;
}

function readSources(folder: string): { sources: Sources; files: DataFile[] } {
  const files = new Map<string, DataFile>();
  const rowsOf = ({ file, rows }: Source): Row[] => {
    const data = files.get(file) ?? readData(folder, file);
    files.set(file, data);
    return data.rows.filter(({ source }) => rows === undefined || source.startsWith(rows));
  };
  const entries = Object.entries(SOURCES).map(([name, source]) => [name, rowsOf(source)] as const);
  return { sources: Object.fromEntries(entries) as Record<SourceName, Row[]>, files: [...files.values()] };
}

function trainOne(name: ModelName, sources: Sources, progress: (line: string) => void) {
  const settings = SETTINGS[name];
  const examples = trainingExamples(name, sources, readSeeds());
  progress(`${name}: ${examples.length} examples`);
  const fitted = fitModel(examples, settings, (epoch) => progress(`${name}: epoch ${epoch} of ${settings.epochs}`));
  const heldOut = heldOutExamples(name, sources);
  // Never surer than fitted: what a desk is written is of another kind than the texts held out.
  const temperature = Math.max(1, heldOut.length > 0 ? temperatureOf(fitted, heldOut) : 1);
  const model: LinearModel = rounded(adjusted(fitted, temperature, PRIOR[name]));
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
  const known = { examples: examples.length, temperature, prior: PRIOR[name], settings };
  return { bytes, model: { ...layout, ...known, ...(heldOut.length > 0 ? { heldOut: scores } : {}) } };
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
    sha256: createHash("sha256").update(bytes).digest("hex"),
    sources: Object.entries(SOURCES).map(([name, source]) => ({
      ...source,
      sha256: sha256Of(source.file),
      count: sources[name as SourceName].length,
    })),
    models: Object.fromEntries(Object.entries(trained).map(([name, { model }]) => [name, model])),
  };
  return { bytes, manifest };
}
