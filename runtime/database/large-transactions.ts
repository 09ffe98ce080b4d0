// Transactions of very many rows on SQLite: in a thread, so that the process goes on with calls meanwhile.
import type { Knex } from "knex";

/** Runs them one at a time, on a connection of their own. */
export class LargeTransactions {
  readonly #knex: Knex;
  readonly #threaded: Knex;

  /** `knex` is whom everybody else writes by; `threaded` has its connection in a thread (`ThreadedSqliteClient`). */
  constructor(knex: Knex, threaded: Knex) {
    this.#knex = knex;
    this.#threaded = threaded;
  }

  /** Runs `work` and resolves once what it wrote is on the disk. */
  async run<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
    const { client } = this.#knex;
    // Other writers wait for this connection, and stay answerable. In SQLite itself the whole process would wait.
    const held = await client.acquireConnection();
    try {
      return await this.#threaded.transaction(work);
    } finally {
      await client.releaseConnection(held);
    }
  }

  async close(): Promise<void> {
    await this.#threaded.destroy();
  }
}
