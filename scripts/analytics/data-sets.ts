// The labelled texts that the engine is measured on.
import { Code } from "@connectrpc/connect";
import type { Category, Sentiment, Urgency } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import { fail } from "../../runtime/errors.ts";
import { CLASSES, isHeldOut, type ModelName } from "./examples.ts";
import { type Row, readData } from "./rows.ts";
import { SOURCES, type Source } from "./sources.ts";

/** Labelled texts of one kind. */
export interface DataSet {
  readonly name: string;
  readonly model: ModelName;
  readonly texts: readonly string[];
  /** Index of the class of each text. */
  readonly labels: readonly number[];
  /** What is to be known about it. */
  readonly note: string;
}

interface Plan {
  readonly file: string;
  readonly model: ModelName;
  readonly note: string;
  readonly name?: string;
  readonly rows?: (row: Row) => boolean;
  /** The label of all rows, whatever the file says. */
  readonly label?: string;
}

const TRAINED = "held out of the training";
const NEVER = "never trained on";
const SILVER = "never trained on; labelled by a language model once, so silver";

const isClean = ({ source }: Row) =>
  Object.values<Source>(SOURCES).some(
    ({ file, rows }) => file === "category_unified9" && source.startsWith(rows ?? ""),
  );

const PLANS: readonly Plan[] = [
  { file: "sentiment_airline", model: "sentiment", note: NEVER },
  { file: "sentiment_semeval_tweeteval", model: "sentiment", note: TRAINED },
  { file: "sentiment_goemotions", model: "sentiment", note: TRAINED },
  { file: "sentiment_senti4sd", model: "sentiment", note: TRAINED },
  { file: "sentiment_apple", model: "sentiment", note: NEVER },
  { file: "sentiment_skytrax_reviews", model: "sentiment", note: `${NEVER}; the mood is the writer's stars` },
  { file: "sentiment_twcs_support", model: "sentiment", note: SILVER },
  {
    file: "category_cfpb_product",
    name: "long complaints (CFPB)",
    model: "sentiment",
    label: "negative",
    note: `${TRAINED}; all are complaints, so accuracy is the part called negative`,
  },
  {
    file: "category_unified9",
    name: "category_unified9, sources trained on",
    model: "category",
    rows: isClean,
    note: TRAINED,
  },
  {
    file: "category_unified9",
    name: "category_unified9, other sources",
    model: "category",
    rows: (row) => !isClean(row),
    note: `${NEVER}; GitHub issues and airline complaints`,
  },
  { file: "category_twcs_support", model: "category", note: SILVER },
  { file: "urgency_twcs_support", model: "urgency", note: SILVER },
  { file: "urgency_synth_tickets", model: "urgency", note: `${NEVER}; labels near random` },
];

/** SHA-256 of the files that the weights were trained on. */
type TrainedFiles = ReadonlySet<string>;

/**
 * All data sets whose files the folder has, in a fixed order. Of a file that the weights were trained on only what was
 * held out is taken; of any other, all of it. `missing` is told the files that are not there.
 *
 * @throws ConnectError `not_found` (FILE_UNREADABLE) where there is nothing to read
 */
export function readDataSets(folder: string, trained: TrainedFiles, missing: (problem: string) => void): DataSet[] {
  const sets = PLANS.flatMap(({ file, name = file, model, rows = () => true, label, note }) => {
    let data: ReturnType<typeof readData>;
    try {
      data = readData(folder, file);
    } catch (error) {
      missing((error as Error).message);
      return [];
    }
    const classes: readonly string[] = CLASSES[model];
    const isTrained = trained.has(data.sha256) && note.startsWith(TRAINED);
    const taken = data.rows.filter((row) => rows(row) && (!isTrained || isHeldOut(row.text)));
    return taken.length === 0
      ? []
      : [
          {
            name,
            model,
            texts: taken.map(({ text }) => text),
            labels: taken.map((row) => classes.indexOf(label ?? row.label)),
            note,
          },
        ];
  });
  if (sets.length > 0) return sets;
  const files = [...new Set(PLANS.map(({ file }) => `${file}.csv`))].join(", ");
  throw fail(
    Code.NotFound,
    "FILE_UNREADABLE",
    `${folder} holds none of the data sets: ${files}. Give the folder that does: --data DIR (docs/analytics.md lists them).`,
  );
}

/** Values of the enums of the contract, as the classes of the models number them. */
export const classOf = (value: Sentiment | Category | Urgency): number => value - 1;
