// Work in the background that goes on for as long as its process, whatever fails in between.
import { pause } from "./pause.ts";

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;

/**
 * Does `work` again and again until `signal` is aborted; after a failure it waits, longer each time, up to about five seconds.
 *
 * @param failed is told of every failure, and whether it is the first of an outage, which is the one to log
 */
export async function keepDoing(
  work: () => Promise<void>,
  signal: AbortSignal,
  failed: (error: unknown, isFirst: boolean) => void,
): Promise<void> {
  let retryMs = FIRST_RETRY_MS;
  while (!signal.aborted) {
    const began = performance.now();
    try {
      await work();
      retryMs = FIRST_RETRY_MS;
    } catch (error) {
      if (signal.aborted) return;
      if (performance.now() - began > LAST_RETRY_MS) retryMs = FIRST_RETRY_MS;
      failed(error, retryMs === FIRST_RETRY_MS);
      await pause(retryMs * (0.5 + Math.random()), signal);
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
    }
  }
}
