// `npm run eval`: how right the text engine is, beside the packages one could use instead.
import { parseArgs } from "node:util";
import { Code } from "@connectrpc/connect";
import { runCommand } from "../../runtime/command.ts";
import { fail, reasonOf } from "../../runtime/errors.ts";
import type { LearningEngine, Reading } from "../../services/analytics/engine/engine.ts";
import { localEngine } from "../../services/analytics/engine/local-engine.ts";
import manifest from "../../services/analytics/engine/weights/manifest.json" with { type: "json" };
import { classOf, type DataSet, readDataSets } from "./data-sets.ts";
import { CLASSES } from "./examples.ts";
import { learningCurve, mean } from "./learning-curve.ts";
import { leaveOneOut } from "./left-out.ts";
import { loadPackages } from "./packages.ts";
import { confusionOf, intervalOf, scoresOf } from "./scores.ts";

const HELP = `npm run eval -- --data DIR [options]
Prints for every data set macro-F1 with its 95 % interval, accuracy, texts a second of one core and the confusion matrix of
the text engine, and the same of the packages vader-sentiment, sentiment, wink-sentiment and natural where moods are asked;
then what 0 to 200 corrections are worth: where the engine was trained without one source and taught it, and on support tweets.

  --data DIR   folder with the CSV files that docs/analytics.md lists; those that are not there are left out
  --only NAME  only data sets whose name holds NAME; corrections: only what they are worth where a source was left out
  --draws N    random draws of each learning curve; 20 if left out
  --brief      without the confusion matrices
  -h, --help   this text`;

const STEPS = [0, 10, 25, 50, 100, 200];

const ANSWERS: Readonly<Record<DataSet["model"], (reading: Reading) => number>> = {
  sentiment: ({ sentiment }) => classOf(sentiment.sentiment),
  category: ({ categorization }) => classOf(categorization.primaryCategory),
  urgency: ({ urgency }) => classOf(urgency.urgency),
};

interface Reader {
  readonly name: string;
  readonly classOf: (text: string) => number;
}

function readersOf(model: DataSet["model"]): Reader[] {
  const own = { name: localEngine.name, classOf: (text: string) => ANSWERS[model](localEngine.analyze(text)) };
  if (model !== "sentiment") return [own];
  return [own, ...loadPackages().map(({ name, moodOf }) => ({ name, classOf: (text: string) => moodOf(text) + 1 }))];
}

function printMatrix(classes: readonly string[], confusion: ReturnType<typeof confusionOf>): void {
  console.log(`    ${"is \\ said".padEnd(16)}${classes.map((name) => name.slice(0, 9).padStart(10)).join("")}`);
  confusion.forEach((row, at) => {
    if (row.every((count) => count === 0)) return;
    console.log(`    ${(classes[at] as string).padEnd(16)}${row.map((count) => String(count).padStart(10)).join("")}`);
  });
}

function measure(set: DataSet, brief: boolean): void {
  const classes = CLASSES[set.model];
  console.log(`\n${set.name}: ${set.texts.length} texts, ${set.note}`);
  for (const reader of readersOf(set.model)) {
    for (const text of set.texts.slice(0, 200)) reader.classOf(text);
    const started = process.cpuUsage();
    const said = set.texts.map(reader.classOf);
    const { user, system } = process.cpuUsage(started);
    const confusion = confusionOf(classes.length, set.labels, said);
    const { macroF1, accuracy } = scoresOf(confusion);
    const { low, high } = intervalOf(classes.length, set.labels, said);
    const speed = Math.round((set.texts.length / (user + system)) * 1e6);
    const interval = `[${low.toFixed(3)}, ${high.toFixed(3)}]`;
    console.log(
      `  ${reader.name.padEnd(16)} macro-F1 ${macroF1.toFixed(3)} ${interval}  accuracy ${accuracy.toFixed(3)}  ${String(speed).padStart(7)} texts/s`,
    );
    if (reader.name === localEngine.name && !brief) printMatrix(classes, confusion);
  }
}

const signed = (number: number) => `${number < 0 ? "-" : "+"}${Math.abs(number).toFixed(3)}`;

type Corrected = Pick<DataSet, "name" | "texts" | "labels">;

async function printCurve(engine: LearningEngine, set: Corrected, draws: number): Promise<void> {
  console.log(`\nCorrections of a category, ${set.name}, mean of ${draws} draws:`);
  for (const point of await learningCurve(engine, set, STEPS, draws)) {
    const { corrections, macroF1, accuracy, gains, ms, unseen } = point;
    const range = `${signed(mean(gains))}, from ${signed(Math.min(...gains))} to ${signed(Math.max(...gains))}`;
    const score = `macro-F1 ${macroF1.toFixed(3)} (${range}), accuracy ${accuracy.toFixed(3)}`;
    console.log(
      `  ${String(corrections).padStart(3)} corrections  ${score} on ${unseen} unseen texts, learned in ${ms.toFixed(0)} ms`,
    );
  }
}

async function printLeftOut(folder: string, draws: number): Promise<void> {
  try {
    for (const left of leaveOneOut(folder)) await printCurve(left.engine, left, draws);
  } catch (error) {
    if (reasonOf(error) !== "FILE_UNREADABLE") throw error;
    console.log(`left out: corrections where a source was left out: ${(error as Error).message}`);
  }
}

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      data: { type: "string" },
      only: { type: "string", default: "" },
      draws: { type: "string", default: "20" },
      brief: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const draws = Number(values.draws);
  if (values.data === undefined || !Number.isInteger(draws) || draws < 1) {
    const wrong =
      values.data === undefined
        ? "Say where the texts are: --data DIR."
        : `--draws ${values.draws} is not allowed: 1 or more.`;
    throw fail(Code.InvalidArgument, "USAGE_WRONG", `${wrong}\nSee npm run eval -- --help.`);
  }
  const trained = new Set(manifest.sources.map(({ sha256 }) => sha256));
  const missing: string[] = [];
  const all = readDataSets(values.data, trained, (problem) => missing.push(problem));
  for (const problem of missing) console.log(`left out: ${problem}`);
  const sets = all.filter(({ name }) => name.includes(values.only));
  const wantsCorrections = "corrections".includes(values.only);
  if (sets.length === 0 && !wantsCorrections) {
    const names = all.map(({ name }) => name).join("; ");
    throw fail(Code.InvalidArgument, "USAGE_WRONG", `No data set's name holds ${values.only}. There are: ${names}.`);
  }
  for (const set of sets) measure(set, values.brief);
  if (wantsCorrections) await printLeftOut(values.data, draws);
  for (const set of sets) if (set.name === "category_twcs_support") await printCurve(localEngine, set, draws);
}

await runCommand(() => main(process.argv.slice(2)));
