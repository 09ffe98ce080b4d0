// A connection to a SQLite file in a thread of its own: SQLite answers at once or not at all, and nobody else is to wait for it.
import { Worker } from "node:worker_threads";
import type { RowsOfTable } from "./late-rows.ts";
import type { Changes, ConnectionOptions, Rows } from "./sqlite-connection.ts";
import type { ThreadAnswer, ThreadRequest } from "./sqlite-thread-main.ts";

interface Waiting {
  readonly resolve: (result: Rows | Changes | undefined) => void;
  readonly reject: (error: unknown) => void;
}

type Unnumbered<R> = R extends unknown ? Omit<R, "id"> : never;

/** Does what it is asked in the order in which it was asked; nobody need wait for one thing before asking for the next. */
export class SqliteThread {
  readonly #worker: Worker;
  readonly #asked = new Map<number, Waiting>();
  #lastId = 0;
  /** Why it is over, where it is. */
  #end: { readonly reason: unknown } | undefined;

  constructor(file: string, options: ConnectionOptions) {
    this.#worker = new Worker(new URL("./sqlite-thread-main.ts", import.meta.url), { workerData: { file, options } });
    this.#worker.on("message", (answer: ThreadAnswer) => this.#settle(answer));
    this.#worker.on("error", (error) => this.end(error));
    // A process that has nothing else to do may end.
    this.#worker.unref();
  }

  /** Whether it has ended, by itself or by `end`. */
  get isOver(): boolean {
    return this.#end !== undefined;
  }

  /** As `SqliteConnection.run`. */
  async run(sql: string, bindings: readonly unknown[] = []): Promise<Rows | Changes> {
    return (await this.#ask({ sql, bindings })) as Rows | Changes;
  }

  /** As `SqliteConnection.insert`. */
  async insert(rows: RowsOfTable): Promise<void> {
    await this.#ask({ rows });
  }

  /** Ends the thread with what it is at, since SQLite cannot be told to stop from here; whoever waits is given `reason`. */
  async end(reason: unknown): Promise<void> {
    this.#end ??= { reason };
    for (const { reject } of this.#asked.values()) reject(reason);
    this.#asked.clear();
    await this.#worker.terminate();
  }

  async #ask(request: Unnumbered<ThreadRequest>): Promise<Rows | Changes | undefined> {
    if (this.#end) throw this.#end.reason;
    const { promise, resolve, reject } = Promise.withResolvers<Rows | Changes | undefined>();
    const id = ++this.#lastId;
    this.#asked.set(id, { resolve, reject });
    this.#worker.postMessage({ ...request, id } satisfies ThreadRequest);
    return promise;
  }

  #settle(answer: ThreadAnswer): void {
    const asked = this.#asked.get(answer.id);
    if (!asked) return;
    this.#asked.delete(answer.id);
    if ("error" in answer) asked.reject(Object.assign(answer.error, answer.details));
    else asked.resolve(answer.result);
  }
}
