// Waiting for another process that has a SQLite file, such as somebody's sqlite3 in a transaction.
import { setTimeout as delay } from "node:timers/promises";
import { isLocked } from "./errors.ts";

/** How long a statement waits for it, in milliseconds. */
export const PATIENCE_MS = 5_000;
const LOOK_AGAIN_MS = 10;

/**
 * Runs a statement as soon as nobody else has the file. SQLite would wait by itself, and with it whatever else the process has to
 * do: the reads, which wait for no writer, too.
 *
 * @throws what SQLite says, after `patienceMs` that the file is locked
 */
export async function untilUnlocked<T>(run: () => T, patienceMs = PATIENCE_MS): Promise<T> {
  const end = performance.now() + patienceMs;
  for (;;) {
    try {
      return run();
    } catch (error) {
      if (!isLocked(error) || performance.now() >= end) throw error;
    }
    await delay(LOOK_AGAIN_MS);
  }
}
