// The whole of it: a desk of several processes, agents that work, harm that is done to it, and the audit.
import { pause } from "../../runtime/background/pause.ts";
import { PARTS } from "../../runtime/config.ts";
import { eventually } from "../support/processes.ts";
import { work } from "./agents.ts";
import { audit, type Finding } from "./audit.ts";
import { Ledger } from "./ledger.ts";
import { type PlantName, plantedTree } from "./plants.ts";
import { seeded } from "./random.ts";
import { isCaughtUp, readStored } from "./stored.ts";
import { doHarm, type Harm } from "./supervisor.ts";
import { System } from "./system.ts";
import type { KnownTicket } from "./tasks.ts";

/** How the desk is to be tortured. */
export interface TortureOptions {
  /** Where its data is, empty as yet, as environment variables say it. */
  readonly storage: Readonly<Record<string, string>>;
  /** For how long at least harm is done. */
  readonly seconds: number;
  /** Goes on until there was enough to prove something, though no longer than a minute: on a busy machine little happens in a while. */
  readonly enough?: (soFar: Omit<Outcome, "findings">) => boolean;
  readonly agents: number;
  readonly seed: number;
  /** A bug to plant. */
  readonly plant?: PlantName | undefined;
  /** Breaks it off. */
  readonly signal?: AbortSignal;
}

/** What came of it. */
export interface Outcome {
  readonly ledger: Ledger;
  readonly harm: Harm;
  readonly findings: readonly Finding[];
}

/** How long after the last harm calls may still be unanswered, and the log unread, in milliseconds. */
const DRAIN_MS = 30_000;
const ENOUGH_MS = 60_000;

async function torment(system: System, options: TortureOptions): Promise<Omit<Outcome, "findings">> {
  const { storage, seconds, enough = () => true, agents, seed, signal } = options;
  const ledger = new Ledger();
  const harm: Harm = { kills: 0, cuts: 0 };
  const tickets: KnownTicket[] = [];
  const [closing, closed] = [new AbortController(), new AbortController()];
  const office = { url: system.mcpUrl, ledger, tickets, closing: closing.signal, closed: closed.signal };
  const working = Promise.all(
    Array.from({ length: agents }, (_, index) => work(String(index), office, seeded(seed + index + 1))),
  );
  const harming = doHarm(harm, system, seeded(seed), closing.signal);
  const breakOff = () => {
    closing.abort();
    closed.abort();
  };
  harming.catch(breakOff);
  signal?.addEventListener("abort", breakOff);
  if (signal?.aborted) breakOff();
  await pause(seconds * 1000, closing.signal);
  await eventually(async () => closing.signal.aborted || enough({ ledger, harm }), ENOUGH_MS).catch(() => {});
  closing.abort();
  await harming.finally(async () => {
    const patience = setTimeout(() => closed.abort(), DRAIN_MS);
    await working;
    clearTimeout(patience);
  });
  signal?.throwIfAborted();
  await system.assertRunning(...PARTS);
  // What the CRM never reads is for the audit to find.
  await eventually(() => isCaughtUp(storage), DRAIN_MS).catch(() => {});
  return { ledger, harm };
}

/**
 * Tortures a desk. The audit reads the databases after all processes were killed a last time; none is left, however it ends.
 *
 * @throws Error with the words of a process that did not start; the reason of `signal` where that is aborted
 */
export async function torture(options: TortureOptions): Promise<Outcome> {
  const planted = options.plant && (await plantedTree(options.plant));
  try {
    const system = await System.start(options.storage, planted?.root);
    const run = await torment(system, options).finally(() => system[Symbol.asyncDispose]());
    return { ...run, findings: audit(run.ledger.calls, await readStored(options.storage)) };
  } finally {
    await planted?.remove();
  }
}
