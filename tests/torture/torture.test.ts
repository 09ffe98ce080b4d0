// Short runs of `npm run torture`, and the proof that it finds what it looks for.
import { expect, test } from "vitest";
import { DIALECTS } from "../support/databases.ts";
import { temporaryStorage } from "../support/desk.ts";
import type { PlantName } from "./plants.ts";
import { report, verdict } from "./report.ts";
import { torture } from "./torture.ts";

async function run(dialect: (typeof DIALECTS)[number], seconds: number, seed: number, plant?: PlantName) {
  const { environment, remove } = await temporaryStorage(dialect);
  const storage = Object.fromEntries(Object.entries(environment));
  const outcome = await torture({ storage, seconds, agents: 8, seed, plant });
  await remove();
  return outcome;
}

test.each(DIALECTS)("on %s, nothing is lost and nothing doubled", { timeout: 90_000 }, async (dialect) => {
  const outcome = await run(dialect, 6, 1);
  expect(verdict(outcome), report(outcome)).toBe("0 lost, 0 doubled");
  expect(outcome.ledger.count("pending")).toBe(0);
  expect(outcome.ledger.count("acknowledged")).toBeGreaterThan(8);
  expect(outcome.ledger.retries).toBeGreaterThan(0);
  expect(Math.min(outcome.harm.kills, outcome.harm.cuts)).toBeGreaterThan(0);
});

test("a desk without the idempotency check is found out: it does things twice", { timeout: 120_000 }, async () => {
  let doubled = 0;
  // Whether a connection is cut between a commit and its answer is chance, so there may have to be another run.
  for (let seed = 1; doubled === 0 && seed <= 6; seed++) {
    const { findings } = await run("sqlite", 6, seed, "no-replay");
    doubled = findings.filter(({ kind }) => kind === "doubled").length;
  }
  expect(doubled).toBeGreaterThan(0);
});
