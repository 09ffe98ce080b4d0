// How much of its file SQLite keeps in memory: little, but for the time of writes that touch pages everywhere.
import type { Knex } from "knex";
import { CACHE_KIB } from "./sqlite-connection.ts";

/** The indexes of some hundred thousand rows: a page that a transaction changes again is not written out and read in between. */
const LARGE_KIB = 32_768;

/** The cache of the connection that writes. */
export class PageCache {
  readonly #knex: Knex;
  #users = 0;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** Does work with a large cache; its memory is given back afterwards. */
  async enlargedFor<T>(work: () => Promise<T>): Promise<T> {
    if (this.#users++ === 0) await this.#keep(LARGE_KIB);
    try {
      return await work();
    } finally {
      if (--this.#users === 0) await this.#keep(CACHE_KIB);
    }
  }

  async #keep(kib: number): Promise<void> {
    await this.#knex.raw(`PRAGMA cache_size = -${kib}`);
  }
}
