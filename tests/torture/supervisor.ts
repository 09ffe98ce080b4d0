// What happens to the system under torture: parts are killed and started again, connections are cut.
import { setTimeout as delay } from "node:timers/promises";
import { PARTS } from "../../runtime/config.ts";
import type { Random } from "./random.ts";
import { allEnded, type System } from "./system.ts";

/** How often each thing happened. */
export interface Harm {
  kills: number;
  cuts: number;
}

// So that most calls can be done, and many are under way when something breaks.
const BETWEEN_KILLS_MS = [500, 3_000] as const;
const BETWEEN_CUTS_MS = [100, 600] as const;
const TWO_AT_ONCE = 0.2;

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {});
}

async function killAgainAndAgain(system: System, random: Random, signal: AbortSignal, harm: Harm): Promise<void> {
  while (true) {
    await pause(random.between(...BETWEEN_KILLS_MS), signal);
    if (signal.aborted) return;
    const parts = new Set([random.pick(PARTS)]);
    if (random.chance(TWO_AT_ONCE)) parts.add(random.pick(PARTS));
    harm.kills += parts.size;
    await allEnded(
      [...parts].map(async (part) => {
        await system.assertRunning(part);
        await system.kill(part);
        await system.start(part);
      }),
    );
  }
}

async function cutAgainAndAgain(system: System, random: Random, signal: AbortSignal, harm: Harm): Promise<void> {
  const links = [...system.links.values()];
  while (true) {
    await pause(random.between(...BETWEEN_CUTS_MS), signal);
    if (signal.aborted) return;
    if (random.pick(links).cut(random)) harm.cuts++;
  }
}

/** Does harm, and counts it in `harm`, until `signal` is aborted; resolves when all parts are up again, and rejects when one is not. */
export async function doHarm(harm: Harm, system: System, random: Random, signal: AbortSignal): Promise<void> {
  await Promise.all([killAgainAndAgain(system, random, signal, harm), cutAgainAndAgain(system, random, signal, harm)]);
}
