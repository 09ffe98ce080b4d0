// Bringing a database to the newest schema, once, however many processes open it at the same moment.
import { Code } from "@connectrpc/connect";
import type { Knex } from "knex";
import { fail } from "../errors.ts";
import { mayPass } from "./errors.ts";
import { untilAlone } from "./other-copies.ts";

/** The SQL that a database speaks. */
export type Dialect = "sqlite" | "postgres";

/** One step of a schema. Steps run in the order of their list, each once; a name never changes after its release. */
export interface Migration {
  /** Without a file extension, such as `001-tickets`. */
  readonly name: string;
  /**
   * Whether rows would be wrong by this step that a copy of an earlier version writes after it. On PostgreSQL such a copy may be
   * at work; then the step is not taken.
   */
  readonly needsQuiet?: boolean;
  up(trx: Knex.Transaction, dialect: Dialect): Promise<void>;
}

async function lockSchema(trx: Knex.Transaction, schema: string): Promise<void> {
  // Waiting for another process to migrate, and a long migration itself, are no runaway queries.
  await trx.raw("SET LOCAL statement_timeout = 0");
  await trx.raw("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", [`migrate ${schema}`]);
  // IF NOT EXISTS alone would ask for the right to create schemas even where the schema is there.
  const found = await trx("pg_namespace").where({ nspname: schema }).first("oid");
  if (found === undefined) await trx.raw("CREATE SCHEMA ??", [schema]);
}

/**
 * Runs the migrations that a database has not seen, all in one transaction under a lock.
 *
 * @param schema the PostgreSQL schema, made if missing; undefined on SQLite
 * @param begins told of each that runs on a database with data, which may take its time
 * @returns the names of those that ran
 * @throws ConnectError `DATABASE_NEWER` if the database holds a migration that is not in the list; `DATABASE_IN_USE` if copies of
 *   an earlier version would harm it
 */
export async function migrate(
  knex: Knex,
  migrations: readonly Migration[],
  schema?: string,
  begins: (migration: string) => void = () => {},
): Promise<string[]> {
  return await knex.transaction(async (trx) => {
    if (schema !== undefined) await lockSchema(trx, schema);
    if (!(await trx.schema.hasTable("migration"))) {
      await trx.schema.createTable("migration", (table) => {
        table.text("name").primary();
        table.bigInteger("applied_at").notNullable();
      });
    }
    const applied = new Set<string>(await trx("migration").pluck("name"));
    const known = new Set(migrations.map(({ name }) => name));
    const unknown = [...applied].filter((name) => !known.has(name));
    if (unknown.length > 0) {
      throw fail(
        Code.FailedPrecondition,
        "DATABASE_NEWER",
        `The database was written by a newer version (it holds ${unknown.join(", ")}). Start that version, or restore an older backup.`,
      );
    }
    const pending = migrations.filter(({ name }) => !applied.has(name));
    const needsQuiet = applied.size > 0 && pending.some((migration) => migration.needsQuiet);
    if (schema !== undefined && needsQuiet) await untilAlone(trx, schema);
    for (const migration of pending) {
      if (applied.size > 0) begins(migration.name);
      try {
        await migration.up(trx, schema === undefined ? "sqlite" : "postgres");
      } catch (error) {
        if (mayPass(error)) throw error;
        throw new Error(`Migration ${migration.name} failed; the database is as it was before.`, { cause: error });
      }
      await trx("migration").insert({ name: migration.name, applied_at: Date.now() });
    }
    return pending.map(({ name }) => name);
  });
}
