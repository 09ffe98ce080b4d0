// How well what was learned from all other sources reads one that was left out: the one judge of how the models are fitted.
import { CLASSES, type ModelName, placeOf, type Sources, trainingExamples } from "./examples.ts";
import { predict } from "./finish.ts";
import type { Example, Fitted } from "./fit.ts";
import { type Confusion, confusionOf, type Scores, scoresOf } from "./scores.ts";
import { readSeeds, type Seed } from "./seeds.ts";
import type { SourceName } from "./sources.ts";
import { fitOne, moodOfOthers, readSources } from "./train-models.ts";

/** One source left out, or what is of its kind. */
export interface Fold extends Scores {
  readonly model: ModelName;
  readonly name: string;
}

interface Split {
  readonly sources: readonly SourceName[];
  /** Which rows of them are left out; all if left out. */
  readonly rows?: (text: string) => boolean;
  readonly seeds: (seed: Seed) => boolean;
}

const SEED_PARTS = 5;
const isDesk = ({ file }: Seed) => file === "desk";
const sourcesOnly = (...sources: SourceName[]): Split[] => [{ sources, seeds: () => false }];
const TWEET_PARTS = 4;
/** Tweets are read by tweets as well: what the engine is asked to be good at. */
const tweetsByParts = Array.from({ length: TWEET_PARTS }, (_, part): Split => {
  const rows = (text: string) => Math.floor(placeOf(text, "within") * TWEET_PARTS) === part;
  return { sources: ["semeval"], rows, seeds: () => false };
});
const deskOnly: Split[] = [{ sources: [], seeds: isDesk }];
const seedsOnly: Split[] = [{ sources: [], seeds: (seed) => !isDesk(seed) }];
/** The seeds of urgency are most of what it is taught by: they are left out a fifth at a time. */
const seedsByParts = Array.from({ length: SEED_PARTS }, (_, part): Split => {
  const partOf = ({ text }: Seed) => Math.floor(placeOf(text, "fold") * SEED_PARTS);
  return { sources: [], seeds: (seed) => !isDesk(seed) && partOf(seed) === part };
});

const FOLDS: Readonly<Record<ModelName, Readonly<Record<string, readonly Split[]>>>> = {
  sentiment: {
    "SemEval tweets": sourcesOnly("semeval"),
    "SemEval tweets, a quarter at a time": tweetsByParts,
    "Reddit comments (GoEmotions)": sourcesOnly("goemotions"),
    "Stack Overflow posts (Senti4SD)": sourcesOnly("senti4sd"),
    "intents and complaints": sourcesOnly("banking77", "bitext", "cfpb"),
    "seeds but those in desk.txt": seedsOnly,
    "seeds in desk.txt": deskOnly,
  },
  category: {
    Banking77: sourcesOnly("unifiedBanking"),
    Bitext: sourcesOnly("unifiedBitext"),
    CLINC150: sourcesOnly("unifiedClinc"),
    MultiDoGO: sourcesOnly("unifiedMultiDogo"),
  },
  urgency: {
    "Banking77, by intent": sourcesOnly("banking77"),
    "Bitext, by intent": sourcesOnly("bitext"),
    "seeds but those in desk.txt, a fifth at a time": seedsByParts,
    "seeds in desk.txt": deskOnly,
  },
};

/** The rows that a split leaves out, or those that it keeps. */
function rowsOf(sources: Sources, { sources: names, rows = () => true }: Split, left: boolean): Sources {
  const parts = Object.entries(sources).map(([name, of]) => [
    name,
    of.filter(({ text }) => (names.includes(name as SourceName) && rows(text)) === left),
  ]);
  return Object.fromEntries(parts);
}

function seedExamples(model: ModelName, seeds: readonly Seed[]): Example[] {
  const classes: readonly string[] = CLASSES[model];
  return seeds.flatMap(({ text, [model]: label }) =>
    label ? [{ text, label: classes.indexOf(label), weight: 1 }] : [],
  );
}

function confusionOfSplit(model: ModelName, sources: Sources, split: Split, mood: Fitted | undefined): Confusion {
  const seeds = readSeeds();
  const left = seeds.filter((seed) => !split.seeds(seed));
  const fitted = fitOne(model, trainingExamples(model, rowsOf(sources, split, false), left), mood);
  const tested = [
    ...trainingExamples(model, rowsOf(sources, split, true), []),
    ...seedExamples(model, seeds.filter(split.seeds)),
  ];
  const labels = tested.map(({ label }) => label);
  const said = predict(
    fitted,
    tested.map(({ text }) => text),
  );
  return confusionOf(CLASSES[model].length, labels, said);
}

const sumOf = (confusions: readonly Confusion[]): Confusion =>
  confusions.reduce((sum, one) => sum.map((row, at) => row.map((count, k) => count + (one[at]?.[k] ?? 0))));

/** Leaves each source of each model out in turn. Only texts that may be trained on are read. Throws FILE_UNREADABLE. */
export function* crossValidate(folder: string): Generator<Fold> {
  const { sources } = readSources(folder);
  for (const model of Object.keys(FOLDS) as ModelName[]) {
    const mood = model === "urgency" ? moodOfOthers(sources) : undefined;
    for (const [name, splits] of Object.entries(FOLDS[model])) {
      yield { model, name, ...scoresOf(sumOf(splits.map((split) => confusionOfSplit(model, sources, split, mood)))) };
    }
  }
}
