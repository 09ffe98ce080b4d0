// What a person reads: a table a question, ratios first.
import type { Measured } from "./interleave.ts";

/** A goal of a variant against its question's baseline. */
export interface Goal {
  readonly variant: string;
  readonly callers: number;
  readonly what: "calls" | "cpu";
  /** Calls/s at least so many times the baseline's, or CPU a call at most so many times. */
  readonly ratio: number;
}

/** Variants measured side by side, and the one they are held against. */
export interface QuestionResult {
  readonly name: string;
  readonly baseline: string;
  readonly measured: readonly Measured[];
  readonly goals: readonly Goal[];
}

/** How a variant compares with the baseline of its question, at the same number of callers. */
export function ratioOf(
  { measured, baseline }: QuestionResult,
  variant: Measured,
  what: Goal["what"],
): number | undefined {
  const base = measured.find(({ name, callers }) => name === baseline && callers === variant.callers);
  if (base === undefined) return undefined;
  if (what === "calls") return variant.callsPerSecond / base.callsPerSecond;
  return base.cpuPerCall && variant.cpuPerCall ? variant.cpuPerCall / base.cpuPerCall : undefined;
}

const round = (value: number) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
const show = (value: number | undefined) => (value === undefined ? "–" : round(value));

/** The table of a question, in Markdown. */
export function tableOf(result: QuestionResult): string {
  const head = "| variant | callers | × calls/s | × CPU a call | calls/s | CPU µs a call | p50 ms | p99 ms |";
  const rows = result.measured.map((variant) =>
    [
      variant.name,
      variant.callers,
      show(ratioOf(result, variant, "calls")),
      show(ratioOf(result, variant, "cpu")),
      variant.callsPerSecond.toFixed(0),
      variant.cpuPerCall?.toFixed(0) ?? "–",
      variant.p50Ms.toFixed(2),
      variant.p99Ms.toFixed(2),
    ].join(" | "),
  );
  return [`## ${result.name} (1 = ${result.baseline})`, "", head, "|---|---|---|---|---|---|---|---|"]
    .concat(rows.map((row) => `| ${row} |`))
    .join("\n");
}

/** One line a goal: what was wanted, what came out. */
export function goalsOf(result: QuestionResult): string[] {
  return result.goals.flatMap(({ variant, callers, what, ratio }) => {
    const found = result.measured.find((one) => one.name === variant && one.callers === callers);
    const value = found && ratioOf(result, found, what);
    if (value === undefined) return [];
    const reached = what === "calls" ? value >= ratio : value <= ratio;
    const wanted = what === "calls" ? `≥ ${ratio} × calls/s` : `≤ ${ratio.toPrecision(3)} × CPU a call`;
    const measured = `${result.name}, ${variant}, ${callers} callers: ${value.toPrecision(3)}`;
    return [`${reached ? "reached" : "MISSED "}  ${measured}, wanted ${wanted}`];
  });
}
