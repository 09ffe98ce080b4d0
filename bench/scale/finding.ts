// What a question at scale came to: figures, and what was wanted of them.

/** One figure. */
export interface Finding {
  /** Such as `pages`. */
  readonly group: string;
  readonly name: string;
  readonly value: number;
  /** Such as `ms`, `MiB`, `/s`, `×`. */
  readonly unit: string;
  readonly goal?: { readonly at: "most" | "least"; readonly value: number };
}

/** Whether a figure reaches its goal; undefined for one that has none. */
export function reached({ value, goal }: Finding): boolean | undefined {
  if (goal === undefined) return undefined;
  return goal.at === "most" ? value <= goal.value : value >= goal.value;
}

/** A number with as many digits as say something. */
function figure(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString("en-US");
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

const withUnit = (value: number, unit: string) => `${figure(value)}${unit === "" ? "" : ` ${unit}`}`;

/** Figures as a table in Markdown. */
export function findingsTable(findings: readonly Finding[]): string {
  const rows = findings.map((finding) => {
    const { group, name, value, unit, goal } = finding;
    const wanted = goal ? `${goal.at === "most" ? "≤" : "≥"} ${withUnit(goal.value, unit)}` : "";
    const verdict = goal ? (reached(finding) ? "reached" : "**missed**") : "";
    return `| ${group} | ${name} | ${withUnit(value, unit)} | ${wanted} | ${verdict} |`;
  });
  return ["| what | figure | measured | goal | |", "|---|---|---|---|---|", ...rows].join("\n");
}

/** The value below which a share of the values lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
