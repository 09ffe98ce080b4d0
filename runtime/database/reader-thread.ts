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
}

/** Runs a statement, in which `?` stands for a value; its rows, if it has any. */
export type Read = <Row>(sql: string, bindings?: readonly unknown[]) => Promise<Row[]>;

/** Reads a column `id` of SQLite as one text: so many rows would take as long to bring from one thread to the other as to be found. */
export async function readIds(read: Read, sql: string, bindings: readonly unknown[]): Promise<number[]> {
  const [row] = await read<{ ids: string }>(`select json_group_array(id) as ids from (${sql})`, bindings);
  return JSON.parse(row?.ids ?? "[]");
}

/** Runs reads of one SQLite file, one after the other. The thread starts with the first of them. */
export class ReaderThread {
  readonly #file: string;
  readonly #timeoutMs: number;
  readonly #asked = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #lastId = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(file: string, { timeoutMs = TIMEOUT_MS } = {}) {
    this.#file = file;
    this.#timeoutMs = timeoutMs;
  }

  /** How many works are under way or wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Does a work of several reads, on what was committed when it began. It may make temporary tables, which go with it.
   *
   * @throws ConnectError `resource_exhausted` (DATABASE_BUSY) where too many wait, or this one took too long; what SQLite says
   */
  async run<T>(work: (read: Read) => Promise<T>): Promise<T> {
    if (this.#waiting >= MAX_WAITING) throw databaseBusy();
    this.#waiting++;
    const before = this.#turn;
    const { promise: over, resolve: next } = Promise.withResolvers<void>();
    this.#turn = over;
    await before;
    const timer = setTimeout(() => this.#giveUp(databaseBusy()), this.#timeoutMs);
    const read: Read = (sql, bindings = []) => this.#ask(sql, bindings) as never;
    try {
      // Whatever is asked is done in its order: nobody need wait for the beginning, nor for the end.
      const [, result] = await Promise.all([read("BEGIN"), work(read)]);
      return result;
    } finally {
      clearTimeout(timer);
      if (this.#worker) read("ROLLBACK").catch((error) => this.#giveUp(error));
      this.#waiting--;
      next();
    }
  }

  /** Ends the thread, with what it is at. */
  async close(): Promise<void> {
    await this.#giveUp(new Error("The database was closed."));
  }

  #ask(sql: string, bindings: readonly unknown[]): Promise<readonly unknown[]> {
    const { promise, resolve, reject } = Promise.withResolvers<readonly unknown[]>();
    const id = ++this.#lastId;
    this.#asked.set(id, { resolve, reject });
    this.#start().postMessage({ id, sql, bindings } satisfies ReadRequest);
    return promise;
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
    const asked = this.#asked.get(answer.id);
    if (!asked) return;
    this.#asked.delete(answer.id);
    if ("rows" in answer) asked.resolve(answer.rows);
    else asked.reject(Object.assign(answer.error, answer.details));
  }

  /** SQLite cannot be told to stop from here: the thread goes, and the next read starts another. */
  async #giveUp(error: unknown): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
    await worker?.terminate();
  }
}
