// Work that nobody waits for gives way to calls.
import { setImmediate } from "node:timers/promises";
import { pause } from "./pause.ts";

/** What a turn of the event loop takes at most, in milliseconds, where nobody else has anything to do. */
const QUIET_MS = 1;
/** While others are busy, a rest is so many times as long as the work before it: a fifth of the time is left for that. */
const REST = 4;
const MOST_MS = 250;

/** The pace of work in the background: without a rest where the process has nothing else to do, a fifth of its time else. */
export class Pace {
  #began = performance.now();

  /** Lets others have their turn, between two pieces of the work; `signal` cuts the rest short. */
  async rest(signal?: AbortSignal): Promise<void> {
    const end = performance.now();
    await setImmediate();
    const othersMs = performance.now() - end;
    if (othersMs > QUIET_MS) await pause(Math.min(MOST_MS, REST * (end - this.#began)), signal);
    this.#began = performance.now();
  }
}
