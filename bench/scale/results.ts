// What runs of `npm run bench:scale` have found, as it is kept.
import { readFile } from "node:fs/promises";
import type { Finding } from "./finding.ts";
import type { PageTimes } from "./pages.ts";

/** Figures of the groups that were measured, and details of some. */
export interface ScaleResults {
  readonly time: string;
  readonly machine: object;
  readonly findings: readonly Finding[];
  readonly details: {
    /** The worst first. */
    readonly pages?: readonly PageTimes[];
    /** Medians of each question. */
    readonly searchMs?: Readonly<Record<string, number>>;
    /** Before the calls, and after each twentieth of them. */
    readonly residentMiB?: readonly number[];
  };
}

/** What an earlier run has found stays where this one did not ask. */
export async function merged(file: string, { findings, details, ...rest }: ScaleResults): Promise<ScaleResults> {
  const before: Partial<ScaleResults> = JSON.parse(await readFile(file, "utf8").catch(() => "{}"));
  const asked = new Set(findings.map(({ group }) => group));
  const kept = (before.findings ?? []).filter(({ group }) => !asked.has(group));
  return { ...rest, findings: [...kept, ...findings], details: { ...before.details, ...details } };
}
