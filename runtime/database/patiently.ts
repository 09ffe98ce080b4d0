// A start does not fail for a database that is away for a moment.
import { setTimeout as delay } from "node:timers/promises";
import { mayPass } from "./errors.ts";

const PATIENCE_MS = 3_000;
const FIRST_PAUSE_MS = 100;

/**
 * Does what a start needs of a database, again while it fails only for now: a server that restarts, or a connection that
 * breaks, ends no process that is about to start.
 *
 * @param work may be done twice
 * @throws what `work` throws in the end, which is after three seconds, or at once where trying again cannot help
 */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2) {
    try {
      return await work();
    } catch (error) {
      if (!mayPass(error) || performance.now() + pauseMs > end) throw error;
      await delay(pauseMs);
    }
  }
}
