// Reads that may take long, in a thread of their own.
import { databaseBusy } from "./errors.ts";
import { SqliteThread } from "./sqlite-thread.ts";

/** As long as PostgreSQL is given, see connect.ts. */
const TIMEOUT_MS = 15_000;
/** Reads that may wait for their turn; what is past it is refused at once. */
const MAX_WAITING = 100;

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
  #thread: SqliteThread | undefined;
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
    const read: Read = async (sql, bindings) => {
      const result = await this.#start().run(sql, bindings);
      return (Array.isArray(result) ? result : []) as never;
    };
    try {
      // Whatever is asked is done in its order: nobody need wait for the beginning, nor for the end.
      const [, result] = await Promise.all([read("BEGIN"), work(read)]);
      return result;
    } finally {
      clearTimeout(timer);
      if (this.#thread) read("ROLLBACK").catch((error) => this.#giveUp(error));
      this.#waiting--;
      next();
    }
  }

  /** Ends the thread, with what it is at. */
  async close(): Promise<void> {
    await this.#giveUp(new Error("The database was closed."));
  }

  #start(): SqliteThread {
    if (this.#thread && !this.#thread.isOver) return this.#thread;
    this.#thread = new SqliteThread(this.#file, { readOnly: true });
    return this.#thread;
  }

  /** The thread goes, and the next read starts another. */
  async #giveUp(error: unknown): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.end(error);
  }
}
