// Long work in a process that has other calls to answer: it stops now and then to let them through.
import { setImmediate } from "node:timers/promises";

/** How long work may keep the process to itself, in milliseconds. */
const TURN_MS = 10;

/** A stretch of work without a pause. */
export class Turn {
  #began = performance.now();

  /** How long it has lasted, in milliseconds. */
  get workedMs(): number {
    return performance.now() - this.#began;
  }

  /** Whether others have waited long enough. */
  get isOver(): boolean {
    return this.workedMs > TURN_MS;
  }

  /** Lets others through, and begins anew. */
  async pass(): Promise<void> {
    await setImmediate();
    this.begin();
  }

  /** Begins anew. */
  protected begin(): void {
    this.#began = performance.now();
  }
}
