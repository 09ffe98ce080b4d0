// Short runs of `npm run torture`, and the proof that it finds what it looks for.
import { expect, test } from "vitest";
import { DIALECTS } from "../support/databases.ts";
import { temporaryStorage } from "../support/desk.ts";
import type { PlantName } from "./plants.ts";
import { report, verdict } from "./report.ts";
import { torture } from "./torture.ts";

const AGENTS = 8;

type SoFar = Parameters<NonNullable<Parameters<typeof torture>[0]["enough"]>>[0];

/** Every agent had an answer, something was asked for again, and both kinds of harm were done. */
const enough = ({ ledger, harm }: SoFar) =>
  ledger.count("acknowledged") > AGENTS && ledger.retries > 0 && harm.kills > 0 && harm.cuts > 0;

async function run(dialect: (typeof DIALECTS)[number], seconds: number, seed: number, plant?: PlantName) {
  const { environment, remove } = await temporaryStorage(dialect);
  const storage = Object.fromEntries(Object.entries(environment));
  const outcome = await torture({ storage, seconds, enough, agents: AGENTS, seed, plant });
  await remove();
  return outcome;
}

test.each(DIALECTS)("on %s, nothing is lost and nothing doubled", { timeout: 180_000 }, async (dialect) => {
  const outcome = await run(dialect, 3, 1);
  expect(verdict(outcome), report(outcome)).toBe("0 lost, 0 doubled");
  expect(outcome.ledger.count("pending")).toBe(0);
  expect(enough(outcome), report(outcome)).toBe(true);
});

test("a desk without the idempotency check is found out: it does things twice", { timeout: 600_000 }, async () => {
  let doubled = 0;
  // Whether a connection is cut between a commit and its answer is chance, so there may have to be another run.
  for (let seed = 1; doubled === 0 && seed <= 6; seed++) {
    const { findings } = await run("sqlite", 6, seed, "no-replay");
    doubled = findings.filter(({ kind }) => kind === "doubled").length;
  }
  expect(doubled).toBeGreaterThan(0);
});
