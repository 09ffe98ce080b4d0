// What a run says of itself.
import type { Outcome } from "./torture.ts";

const SHOWN = 20;

const milliseconds = (value: number) => `${Math.round(value).toLocaleString("en")} ms`;
const number = (value: number) => value.toLocaleString("en");

/** The last line: the verdict. */
export function verdict({ findings }: Outcome): string {
  const count = (kind: string) => findings.filter((finding) => finding.kind === kind).length;
  return `${count("lost")} lost, ${count("doubled")} doubled`;
}

/** All lines: the figures, then what was found, then the verdict. */
export function report(outcome: Outcome): string {
  const { ledger, harm, findings } = outcome;
  const errors = [...ledger.errors].sort(([, a], [, b]) => b - a).map(([error, count]) => `${error} ${number(count)}`);
  const figures: readonly (readonly [string, string])[] = [
    ["calls", number(ledger.calls.length)],
    ["acknowledged", number(ledger.count("acknowledged"))],
    ["refused", number(ledger.count("refused"))],
    ["unanswered", number(ledger.count("pending"))],
    ["processes killed", number(harm.kills)],
    ["connections cut", number(harm.cuts)],
    ["retries", number(ledger.retries)],
    ["latency p50", milliseconds(ledger.latency(0.5))],
    ["latency p99", milliseconds(ledger.latency(0.99))],
    ["failed attempts", errors.join(", ") || "none"],
  ];
  const shown = findings.slice(0, SHOWN).map(({ kind, what }) => `${kind}: ${what}`);
  const rest = findings.length > SHOWN ? [`… and ${number(findings.length - SHOWN)} more`] : [];
  return [...figures.map(([name, value]) => `${name.padEnd(17)} ${value}`), ...shown, ...rest, verdict(outcome)].join(
    "\n",
  );
}
