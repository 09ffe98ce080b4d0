// Reads that may take long, in a thread of their own: SQLite answers at once or not at all, and nobody else is to wait for it.
import { Worker } from "node:worker_threads";
import { databaseBusy } from "./errors.ts";
import type { ReadAnswer, ReadRequest } from "./reader-thread-main.ts";

/** As long as PostgreSQL is given, see database.ts. */
const TIMEOUT_MS = 15_000;
const MAX_WAITING = 100;

interface Waiting {
  readonly resolve: (rows: readonly unknown[]) => void;
  readonly reject: (error: unknown) => void;
  readonly timer: NodeJS.Timeout;
}

/** Runs reads of one SQLite file, one after the other. The thread starts with the first of them. */
export class ReaderThread {
  readonly #file: string;
  readonly #timeoutMs: number;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #lastId = 0;

  constructor(file: string, { timeoutMs = TIMEOUT_MS } = {}) {
    this.#file = file;
    this.#timeoutMs = timeoutMs;
  }

  /** How many reads are under way or wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Reads what was committed before.
   *
   * @throws ConnectError `resource_exhausted` (DATABASE_BUSY) where too many wait, or this one took too long; what SQLite says
   */
  select(sql: string, bindings: readonly unknown[]): Promise<readonly unknown[]> {
    if (this.#waiting.size >= MAX_WAITING) return Promise.reject(databaseBusy());
    const { promise, resolve, reject } = Promise.withResolvers<readonly unknown[]>();
    const id = ++this.#lastId;
    const timer = setTimeout(() => this.#giveUp(databaseBusy()), this.#timeoutMs);
    this.#waiting.set(id, { resolve, reject, timer });
    this.#start().postMessage({ id, sql, bindings } satisfies ReadRequest);
    return promise;
  }

  /** Ends the thread, with what it is at. */
  async close(): Promise<void> {
    await this.#giveUp(new Error("The database was closed."));
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL("./reader-thread-main.ts", import.meta.url), {
      workerData: { file: this.#file },
    });
    worker.on("message", (answer: ReadAnswer) => this.#settle(answer));
    worker.on("error", (error) => this.#giveUp(error));
    // A process that has nothing else to do may end.
    worker.unref();
    this.#worker = worker;
    return worker;
  }

  #settle(answer: ReadAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    if (!waiting) return;
    this.#waiting.delete(answer.id);
    clearTimeout(waiting.timer);
    if ("rows" in answer) waiting.resolve(answer.rows);
    else waiting.reject(Object.assign(answer.error, answer.details));
  }

  /** SQLite cannot be told to stop from here: the thread goes, and the next read starts another. */
  async #giveUp(error: unknown): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.#waiting.clear();
    await worker?.terminate();
  }
}
