// What `npm run bench:metrics` has found, as tables.
import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { withSection } from "../lib/section.ts";

/** How long a question took. */
export interface Answered {
  readonly question: string;
  /** The first time. */
  readonly firstMs: number;
  /** Medians of the times after. */
  readonly warmMs: number;
  readonly warmCpuMs: number;
}

/** What one process answered, and its resident memory before the first question and after all of them. */
export interface Asked {
  readonly idleMiB: number;
  readonly afterMiB: number;
  readonly answered: readonly Answered[];
}

/** How quickly events are counted. */
export interface Counted {
  readonly engine: string;
  readonly aSecond: number;
  readonly aCpuSecond: number;
}

/** What was found on each database. */
export interface Found {
  readonly tickets: number;
  readonly counted: readonly Counted[];
  readonly asked: Readonly<Record<string, Asked>>;
}

const FILE = "docs/metrics.md";
const PAGE = new URL(`../../${FILE}`, import.meta.url);

/** The questions as a table, the quickest first, and what else was found. */
export function reportOf({ tickets, counted, asked }: Found): string {
  const databases = Object.keys(asked);
  const all = Object.values(asked);
  const order = (all[0]?.answered ?? []).toSorted((one, other) => one.warmCpuMs - other.warmCpuMs);
  const cells = (name: string) =>
    all.flatMap(({ answered }) => {
      const found = answered.find(({ question }) => question === name);
      return [found?.warmCpuMs, found?.warmMs, found?.firstMs].map((ms) => `${Math.round(ms ?? 0)}`);
    });
  const columns = ["CPU ms", "ms", "first"];
  const heads = databases.flatMap((database) => columns.map((column) => `${column}, ${database}`));
  const rows = order.map(({ question }) => [question, ...cells(question)]);
  const memory = databases.map((database) => {
    const { idleMiB = 0, afterMiB = 0 } = asked[database] ?? {};
    return `${database}: ${idleMiB} MiB resident before the first question, ${afterMiB} after all of them.`;
  });
  const counting = counted.map(({ engine, aSecond, aCpuSecond }) => {
    const what = engine === "none" ? "without reading their texts" : `with ${engine} reading`;
    return `Events counted ${what}: ${aSecond.toLocaleString("en-US")} a second, ${aCpuSecond.toLocaleString("en-US")} a second of CPU.`;
  });
  return [
    `${tickets.toLocaleString("en-US")} tickets, ${cpus().length} cores (${cpus()[0]?.model.trim()}), Node ${process.versions.node}.`,
    "",
    ...[["question", ...heads], ["---", ...heads.map(() => "---:")], ...rows].map((row) => `| ${row.join(" | ")} |`),
    "",
    ...[...memory, ...counting].map((line) => `- ${line}`),
  ].join("\n");
}

/** Puts a report into docs/metrics.md. */
export async function writeToDocs(report: string): Promise<void> {
  const page = await readFile(PAGE, "utf8");
  await writeFile(PAGE, withSection(page, FILE, "bench:metrics", report));
}
