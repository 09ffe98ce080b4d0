// A few reader threads of one SQLite file, so that a read does not wait for another that takes long.
import { type Read, ReaderThread } from "./reader-thread.ts";

const THREADS = 2;

/** Runs works where least is to do. A thread starts with the first work that finds those before it busy. */
export class ReaderPool {
  readonly #threads: readonly ReaderThread[];

  constructor(file: string) {
    this.#threads = Array.from({ length: THREADS }, () => new ReaderThread(file));
  }

  /** How many works are under way or wait. */
  get waiting(): number {
    return this.#threads.reduce((sum, { waiting }) => sum + waiting, 0);
  }

  /** As `ReaderThread.run`. */
  run<T>(work: (read: Read) => Promise<T>): Promise<T> {
    return this.#threads.reduce((least, one) => (one.waiting < least.waiting ? one : least)).run(work);
  }

  /** Ends the threads, with what they are at. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}
