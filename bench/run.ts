// `npm run bench`: how fast the desk is, as ratios to what stands beside it in the same run.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { cpus, release } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Code } from "@connectrpc/connect";
import { runCommand } from "../runtime/command.ts";
import { fail } from "../runtime/errors.ts";
import { deskAtWork } from "./groups/desk.ts";
import { hop } from "./groups/hop.ts";
import { noOpTool, stdioTool } from "./groups/no-op-tool.ts";
import { durableWrites } from "./groups/writers.ts";
import { type Group, runGroup } from "./lib/group.ts";
import type { Effort } from "./lib/interleave.ts";
import { goalsOf, type QuestionResult, tableOf } from "./lib/report.ts";

const GROUPS: Readonly<Record<string, Group>> = {
  hop,
  "no-op": noOpTool,
  stdio: stdioTool,
  writers: durableWrites,
  desk: deskAtWork,
};
const FULL: Effort = { rounds: 5, secondsEach: 0.6, warmUpSeconds: 3 };
const QUICK: Effort = { rounds: 2, secondsEach: 0.15, warmUpSeconds: 0.2 };
const RESULTS = new URL("results/", import.meta.url).pathname;

const HELP = `npm run bench [-- GROUP ...] [-- --quick]
Measures the desk beside what it is held against, in turns, and prints medians and ratios. Starts everything itself, on
loopback. About four minutes, and some more the first time, when it makes its data; the groups up to writers take one and a half.

Groups: ${Object.entries(GROUPS)
  .map(([name, { questions }]) => `${name} (${questions.map((question) => question.name).join(", ")})`)
  .join(", ")}
  --quick     some 40 seconds: less data and fewer rounds, to see whether it runs, not for figures to quote
  -h, --help  this text

Results go to bench/results/. Exit code: 0 all goals reached, 2 some missed.`;

function chosen(names: readonly string[]): Group[] {
  const unknown = names.find((name) => !Object.hasOwn(GROUPS, name));
  if (unknown !== undefined) {
    const known = Object.keys(GROUPS).join(", ");
    throw fail(Code.InvalidArgument, "GROUP_UNKNOWN", `There is no group ${unknown}. Groups: ${known}.`);
  }
  return (names.length > 0 ? names : Object.keys(GROUPS)).flatMap((name) => GROUPS[name] ?? []);
}

/** One line that is written over where stderr is a terminal. */
function progress(what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${what}`);
}

/** What an earlier run has measured stays where this one was not asked to, in the order of the questions. */
async function merged(file: string, results: readonly QuestionResult[]): Promise<QuestionResult[]> {
  const before: { results?: QuestionResult[] } = JSON.parse(await readFile(file, "utf8").catch(() => "{}"));
  const all = [...results, ...(before.results ?? [])];
  return Object.values(GROUPS)
    .flatMap(({ questions }) => questions)
    .flatMap((question) => all.find(({ name }) => name === question.name) ?? []);
}

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { quick: { type: "boolean" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help) return console.log(HELP);
  const groups = chosen(positionals);
  const effort = values.quick ? QUICK : FULL;
  const since = performance.now();
  const results: QuestionResult[] = [];
  const skip = (what: string, why: string) => console.log(`skipped: ${what}: ${why}`);
  for (const group of groups) {
    for await (const result of runGroup(group, { effort, progress, skip })) {
      progress("");
      console.log(`\n${tableOf(result)}\n`);
      results.push(result);
    }
  }
  const goals = results.flatMap(goalsOf);
  console.log(goals.join("\n"));
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, kernel: release(), node: process.version };
  await mkdir(RESULTS, { recursive: true });
  const file = join(RESULTS, `${values.quick ? "quick" : "bench"}.json`);
  const kept = { time: new Date().toISOString(), machine, effort, results: await merged(file, results) };
  await writeFile(file, `${JSON.stringify(kept, null, 2)}\n`);
  const minutes = (performance.now() - since) / 60_000;
  console.log(`\nWritten to ${file}, in ${minutes.toFixed(1)} minutes`);
  if (goals.some((goal) => goal.startsWith("MISSED"))) process.exitCode = 2;
}

await runCommand(() => main(process.argv.slice(2)));
