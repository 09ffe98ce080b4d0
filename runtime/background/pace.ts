// Work that nobody waits for gives way to calls.
import { callsUnderWay } from "../calls/service.ts";
import { pause } from "./pause.ts";
import { Turn } from "./turn.ts";

/** While calls are under way, a rest is so many times as long as the work before it: a fifth of the time is left for that. */
const REST = 4;
const MOST_MS = 250;

/** The pace of work in the background: without a rest where nobody waits for an answer, a fifth of the time else. */
export class Pace extends Turn {
  /** Lets others have their turn, between two pieces of the work; `signal` cuts the rest short. */
  async rest(signal?: AbortSignal): Promise<void> {
    const restMs = Math.min(MOST_MS, REST * this.workedMs);
    await this.pass();
    if (callsUnderWay() === 0) return;
    await pause(restMs, signal);
    this.begin();
  }
}
