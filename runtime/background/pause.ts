// A wait that may be cut short.
import { setTimeout as delay } from "node:timers/promises";

/** Waits so many milliseconds, or until `signal` is aborted. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await delay(ms, undefined, signal && { signal }).catch(() => {});
}
