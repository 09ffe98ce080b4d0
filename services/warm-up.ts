// What first calls would wait for, done while nobody calls.
import { Pace } from "../runtime/background/pace.ts";

/** Does pieces of work, as `pieces` hands them out, without keeping anybody waiting; `signal` ends it. */
export async function warmUp(pieces: Iterable<unknown>, signal: AbortSignal): Promise<void> {
  const pace = new Pace();
  if (signal.aborted) return;
  for (const _ of pieces) {
    if (pace.isOver) await pace.rest(signal);
    if (signal.aborted) return;
  }
}
