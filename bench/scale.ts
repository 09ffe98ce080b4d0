// `npm run bench:scale`: how a desk of a million tickets does, beside the same desk of a thousand.
import { mkdir, writeFile } from "node:fs/promises";
import { cpus, release } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Code } from "@connectrpc/connect";
import { runCommand } from "../runtime/command.ts";
import { fail } from "../runtime/errors.ts";
import { copyOf } from "./lib/dataset.ts";
import { scaleDesk } from "./scale/dataset.ts";
import { type ScaleDesk, startDesk } from "./scale/desk.ts";
import { measureFanOut } from "./scale/fan-out.ts";
import { type Finding, findingsTable, reached } from "./scale/finding.ts";
import { measureImport } from "./scale/import.ts";
import { measureMemory } from "./scale/memory.ts";
import { measurePages } from "./scale/pages.ts";
import { merged, type ScaleResults } from "./scale/results.ts";
import { measureSearch } from "./scale/search.ts";
import { measureStart } from "./scale/start.ts";

const SMALL = 1_000;
const LARGE = 1_000_000;
const QUICK_LARGE = 20_000;
const RESULTS = new URL("results/", import.meta.url).pathname;
/** In this order: what fills the desks comes last. */
const GROUPS = ["start", "memory", "pages", "search", "fan-out", "import"] as const;
type GroupName = (typeof GROUPS)[number];

const HELP = `npm run bench:scale [-- GROUP ...] [-- --quick]
Measures a desk of 1,000,000 tickets beside one of 1,000, in turns, on SQLite on disk. The desks are made the first time, which
takes some minutes and 5 GB in bench/.data/, and copied for each run, which takes as much again.

Groups: ${GROUPS.join(", ")}; all if none is named.
  start    from the start of the process to the first answered call
  memory   resident memory, over 200,000 calls
  pages    a page of 50 for every declared combination of filters and order of ListTickets
  search   full-text search newest first, with other calls on the side
  fan-out  what is written, to 50 watchers of the log
  import   tickets a second, by the way of npm run import
  --quick     20,000 tickets in place of 1,000,000, and fewer calls: to see whether it runs, not for figures to quote
  -h, --help  this text

Each group says how many minutes it took. Results go to bench/results/scale.json; npm run bench:docs puts them into
docs/performance.md. Exit code: 0 all goals reached, 2 some missed.`;

/** One line that is written over where stderr is a terminal. */
function progress(what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${what}`);
}

function chosen(names: readonly string[]): ReadonlySet<GroupName> {
  const unknown = names.find((name) => !GROUPS.includes(name as GroupName));
  if (unknown !== undefined) {
    throw fail(Code.InvalidArgument, "GROUP_UNKNOWN", `There is no group ${unknown}. Groups: ${GROUPS.join(", ")}.`);
  }
  return new Set(names.length > 0 ? (names as GroupName[]) : GROUPS);
}

/** Measures the groups that were asked for; `show` is given what each found. */
async function measure(groups: ReadonlySet<GroupName>, quick: boolean, show: (found: readonly Finding[]) => void) {
  const effort = (full: number) => (quick ? Math.ceil(full / 10) : full);
  await using resources = new AsyncDisposableStack();
  const folders = new Map<number, string>();
  for (const tickets of [SMALL, quick ? QUICK_LARGE : LARGE]) {
    const kept = await scaleDesk(tickets, progress);
    progress(`copying a desk of ${tickets} tickets`);
    folders.set(tickets, await copyOf(resources, kept));
  }
  const details: { -readonly [K in keyof ScaleResults["details"]]: ScaleResults["details"][K] } = {};
  if (groups.has("start")) show(await measureStart(folders, effort(7), progress));
  const desks: ScaleDesk[] = [];
  for (const [tickets, folder] of folders) desks.push(await startDesk(resources, tickets, folder));
  const [small, large] = desks as [ScaleDesk, ScaleDesk];
  if (groups.has("memory")) {
    const { findings, residentMiB } = await measureMemory(large, effort(200_000), progress);
    details.residentMiB = residentMiB;
    show(findings);
  }
  if (groups.has("pages")) {
    const { findings, pages } = await measurePages(small, large, effort(20), progress);
    details.pages = pages.toSorted((one, other) => other.ratio - one.ratio);
    show(findings);
  }
  if (groups.has("search")) {
    const { findings, questions } = await measureSearch(large, effort(30), progress);
    details.searchMs = questions;
    show(findings);
  }
  if (groups.has("fan-out")) show(await measureFanOut(desks, effort(1_000), progress));
  if (groups.has("import")) show(await measureImport(desks, effort(5), progress));
  return details;
}

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { quick: { type: "boolean", default: false }, help: { type: "boolean", short: "h" } },
  });
  if (values.help) return console.log(HELP);
  const findings: Finding[] = [];
  let since = performance.now();
  const details = await measure(chosen(positionals), values.quick, (found) => {
    progress("");
    const minutes = (performance.now() - since) / 60_000;
    console.log(`${findingsTable(found)}\nin ${minutes.toFixed(1)} minutes\n`);
    findings.push(...found);
    since = performance.now();
  });
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, kernel: release(), node: process.version };
  await mkdir(RESULTS, { recursive: true });
  const file = join(RESULTS, values.quick ? "scale-quick.json" : "scale.json");
  const results = await merged(file, { time: new Date().toISOString(), machine, findings, details });
  await writeFile(file, `${JSON.stringify(results, null, 2)}\n`);
  console.log(`Written to ${file}`);
  if (findings.some((finding) => reached(finding) === false)) process.exitCode = 2;
}

await runCommand(() => main(process.argv.slice(2)));
