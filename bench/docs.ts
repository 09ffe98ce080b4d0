// `npm run bench:docs`: what the last runs have found, as tables and charts in docs/performance.md.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { runCommand } from "../runtime/command.ts";
import { barChart, lineChart } from "./lib/chart.ts";
import { goalsOf, type QuestionResult, ratioOf, tableOf } from "./lib/report.ts";
import { withSection } from "./lib/section.ts";
import { findingsTable } from "./scale/finding.ts";
import { compared, type PageTimes } from "./scale/pages.ts";
import type { ScaleResults } from "./scale/results.ts";

const HELP = `npm run bench:docs
Puts the results of npm run bench and npm run bench:scale, as they lie in bench/results/, into docs/performance.md, and draws
its charts. What was not run stays as it is.
  -h, --help  this text`;

const RESULTS = new URL("results/", import.meta.url);
const FILE = "docs/performance.md";
const PAGE = new URL(`../${FILE}`, import.meta.url);
const CHARTS = new URL("../docs/performance/", import.meta.url);
const WORST = 10;

interface Run {
  readonly time: string;
  readonly machine: { readonly cpu?: string; readonly cores: number; readonly kernel: string; readonly node: string };
}
interface BenchResults extends Run {
  readonly results: readonly QuestionResult[];
}

async function read<T>(name: string): Promise<T | undefined> {
  const text = await readFile(new URL(name, RESULTS), "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as T);
}

const measuredOn = ({ time, machine }: Run) =>
  `Measured ${time.slice(0, 10)} on ${machine.cores} cores (${machine.cpu ?? "unknown"}), Node ${machine.node}, Linux ${machine.kernel}.`;

const fill = (page: string, name: string, content: string) => withSection(page, FILE, name, content);

async function draw(name: string, svg: string): Promise<void> {
  await mkdir(CHARTS, { recursive: true });
  await writeFile(new URL(`${name}.svg`, CHARTS), svg);
}

async function benchSection(run: BenchResults): Promise<string> {
  const charts: string[] = [];
  for (const group of run.results) {
    const name = group.name
      .toLowerCase()
      .replace(/[^a-z]+/g, "-")
      .slice(0, 30)
      .replace(/-$/, "");
    const callers = Math.max(...group.measured.map((variant) => variant.callers));
    const bars = group.measured
      .filter((variant) => variant.callers === callers)
      .map((variant) => {
        const goal = group.goals.find(
          (it) => it.what === "calls" && it.variant === variant.name && it.callers === callers,
        );
        return { label: variant.name, value: ratioOf(group, variant, "calls") ?? 0, goal: goal?.ratio };
      });
    await draw(name, barChart(`${group.name}: calls/s, ${group.baseline} = 1, ${callers} callers`, "×", bars));
    charts.push(`![${group.name}](performance/${name}.svg)`, "", tableOf(group), "");
  }
  const goals = run.results.flatMap(goalsOf).map((line) => `- ${line.replace(/ +/g, " ")}`);
  return [measuredOn(run), "", ...goals, "", ...charts].join("\n");
}

function worstPages(pages: readonly PageTimes[]): string {
  const rows = pages
    .slice(0, WORST)
    .map(
      ({ filter, order, smallMs, largeMs, ratio }) =>
        `| ${filter} | ${order} | ${smallMs.toFixed(2)} | ${largeMs.toFixed(2)} | ${ratio.toFixed(2)} |`,
    );
  const head = ["| filter | order | ms at 1,000 | ms at 1,000,000 | × |", "|---|---|---|---|---|"];
  return [`The ${WORST} worst of ${pages.length} combinations:`, "", ...head, ...rows].join("\n");
}

async function scaleSection(run: ScaleResults): Promise<string> {
  const { pages: all, residentMiB } = run.details;
  const pages = all && compared(all);
  const parts = [measuredOn(run as unknown as Run), "", findingsTable(run.findings), ""];
  if (pages) {
    const values = pages.map(({ ratio }) => ratio).toReversed();
    const ends = { from: "the best combination", to: "the worst" };
    const title = "A page of 50 at 1,000,000 tickets, its time at 1,000 = 1";
    await draw("pages", lineChart(title, { values, unit: "×", goal: 1.2, ...ends }));
    parts.push("![pages](performance/pages.svg)", "", worstPages(pages), "");
  }
  if (residentMiB) {
    const ends = { from: "started", to: "after 200,000 calls" };
    const title = "Resident memory of a desk of 1,000,000 tickets";
    await draw("memory", lineChart(title, { values: residentMiB, unit: "MiB", goal: 200, ...ends }));
    parts.push("![memory](performance/memory.svg)", "");
  }
  return parts.join("\n");
}

async function main(args: string[]): Promise<void> {
  if (parseArgs({ args, options: { help: { type: "boolean", short: "h" } } }).values.help) return console.log(HELP);
  let page = await readFile(PAGE, "utf8");
  const bench = await read<BenchResults>("bench.json");
  const scale = await read<ScaleResults>("scale.json");
  if (bench) page = fill(page, "bench", await benchSection(bench));
  if (scale) page = fill(page, "bench:scale", await scaleSection(scale));
  await writeFile(PAGE, page);
  const missing = [bench ? [] : "npm run bench", scale ? [] : "npm run bench:scale"].flat();
  console.log(`${FILE} is up to date.`);
  for (const command of missing) console.log(`Not run here yet: ${command}`);
}

await runCommand(() => main(process.argv.slice(2)));
