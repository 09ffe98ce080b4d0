// Filling an empty database with what another one held.
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { Code } from "@connectrpc/connect";
import type { Knex } from "knex";
import { fail } from "../errors.ts";
import { connect, type DatabaseLocation } from "./connect.ts";
import { type Migration, migrate } from "./migrations.ts";
import type { Value } from "./snapshot.ts";

const CACHE_KIB = 262_144;

interface ForeignKey {
  readonly table: string;
  readonly name: string;
}

const FOREIGN_KEYS = `SELECT conrelid::regclass::text AS "table", conname AS name FROM pg_constraint
  WHERE contype = 'f' AND NOT condeferrable AND connamespace = ?::regnamespace`;

/**
 * An empty database that is being filled, in one transaction: until `commit`, there is nothing.
 *
 * Rows may come before those that they refer to; that all are there is checked at the end.
 */
export class DatabaseLoad {
  readonly #location: DatabaseLocation;
  readonly #knex: Knex;
  readonly #trx: Knex.Transaction;
  readonly #foreignKeys: readonly ForeignKey[];

  private constructor(location: DatabaseLocation, knex: Knex, trx: Knex.Transaction, keys: readonly ForeignKey[]) {
    this.#location = location;
    this.#knex = knex;
    this.#trx = trx;
    this.#foreignKeys = keys;
  }

  /**
   * Begins to fill a database whose schema is made by `migrations`.
   *
   * @throws ConnectError `failed_precondition` (DATABASE_NOT_EMPTY) where there is one already
   */
  static async begin(
    name: string,
    location: DatabaseLocation,
    migrations: readonly Migration[],
  ): Promise<DatabaseLoad> {
    if (location.kind === "sqlite" && existsSync(location.file)) throw notEmpty(location.file);
    const knex = await connect(`${name}-restore`, location, () => {});
    let trx: Knex.Transaction | undefined;
    try {
      if (location.kind === "sqlite") await speedUp(knex);
      trx = await knex.transaction();
      const keys = await prepare(trx, location, migrations);
      return new DatabaseLoad(location, knex, trx, keys);
    } catch (error) {
      await trx?.rollback();
      await knex.destroy();
      throw error;
    }
  }

  /** Empties a table, because migrations may have put something into it. */
  async clear(table: string): Promise<void> {
    await this.#trx(table).delete();
  }

  async insert(table: string, columns: readonly string[], rows: readonly (readonly Value[])[]): Promise<void> {
    if (rows.length === 0) return;
    const entries = rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index] ?? null])));
    await this.#trx(table).insert(entries);
  }

  /** @throws an Error, of ours or of the driver, where a row refers to one that is not there */
  async commit(): Promise<void> {
    const trx = this.#trx;
    if (this.#location.kind === "postgres") {
      await trx.raw("SET CONSTRAINTS ALL IMMEDIATE");
      for (const { table, name } of this.#foreignKeys)
        await trx.raw(`ALTER TABLE ${table} ALTER CONSTRAINT ?? NOT DEFERRABLE`, [name]);
      await moveSequences(trx, this.#location.schema);
    } else {
      const [orphan] = await trx.raw("PRAGMA foreign_key_check");
      if (orphan) throw new Error(`A row of ${orphan.table} refers to a row of ${orphan.parent} that is not there.`);
    }
    await trx.commit();
    await this.#knex.destroy();
  }

  /** Leaves nothing of it. */
  async discard(): Promise<void> {
    if (!this.#trx.isCompleted()) await this.#trx.rollback();
    await this.#knex.destroy();
    if (this.#location.kind === "postgres") return;
    for (const suffix of ["", "-wal", "-shm"]) await rm(`${this.#location.file}${suffix}`, { force: true });
  }
}

function notEmpty(place: string) {
  return fail(
    Code.FailedPrecondition,
    "DATABASE_NOT_EMPTY",
    `${place} holds data already, and nothing is ever overwritten. Restore into another DATA_DIR or DATABASE_URL, or move the old data away.`,
  );
}

/** Deferred keys would be looked up by a scan of the table for every row; a cache that is too small spills over and over. */
async function speedUp(knex: Knex): Promise<void> {
  await knex.raw("PRAGMA foreign_keys = OFF");
  await knex.raw(`PRAGMA cache_size = -${CACHE_KIB}`);
}

async function prepare(trx: Knex.Transaction, location: DatabaseLocation, migrations: readonly Migration[]) {
  if (location.kind === "sqlite") {
    await migrate(trx, migrations);
    return [];
  }
  const { schema } = location;
  for (const limit of ["statement_timeout", "idle_in_transaction_session_timeout"])
    await trx.raw("SET LOCAL ?? = 0", [limit]);
  const { rows: tables } = await trx.raw("SELECT FROM pg_tables WHERE schemaname = ? LIMIT 1", [schema]);
  if (tables.length > 0) throw notEmpty(`The schema ${schema}`);
  await migrate(trx, migrations, schema);
  const { rows }: { rows: ForeignKey[] } = await trx.raw(FOREIGN_KEYS, [schema]);
  for (const { table, name } of rows)
    await trx.raw(`ALTER TABLE ${table} ALTER CONSTRAINT ?? DEFERRABLE INITIALLY DEFERRED`, [name]);
  return rows;
}

/** Lets sequences go on after the rows that are there. */
async function moveSequences(trx: Knex.Transaction, schema: string): Promise<void> {
  const { rows } = await trx.raw(
    `SELECT table_name AS "table", column_name AS "column",
            pg_get_serial_sequence(format('%I.%I', table_schema, table_name), column_name) AS sequence
       FROM information_schema.columns WHERE table_schema = ? AND column_default LIKE 'nextval(%'`,
    [schema],
  );
  for (const { table, column, sequence } of rows) {
    await trx.raw("SELECT setval(?, coalesce(max(??), 0) + 1, false) FROM ??", [sequence, column, table]);
  }
}
