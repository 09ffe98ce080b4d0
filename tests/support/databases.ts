// Databases for tests: a place of its own for each, in both dialects.
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { type Database, type DatabaseLocation, type Migration, openDatabase } from "../../runtime/database/database.ts";
import { postgresUrl } from "./postgres.ts";

/** What every test of stored data runs over: `describe.each(DIALECTS)`. */
export const DIALECTS = ["sqlite", "postgres"] as const;

/** A place for one database that nobody else uses. */
export interface TemporaryDatabase {
  readonly location: DatabaseLocation;
  /** Opens it without a word in the log; close what you open. */
  open(...migrations: readonly Migration[]): Promise<Database>;
  remove(): Promise<void>;
}

const opener =
  (location: DatabaseLocation) =>
  (...migrations: readonly Migration[]) =>
    openDatabase({ name: "test", location, migrations, log: () => {} });

/** Makes room for a database: a file in a new folder, or a schema name of the tests' PostgreSQL. */
export async function temporaryDatabase(dialect: (typeof DIALECTS)[number]): Promise<TemporaryDatabase> {
  if (dialect === "sqlite") {
    const folder = await mkdtemp(join(tmpdir(), "deskwire-test-"));
    const location: DatabaseLocation = { kind: "sqlite", file: join(folder, "test.db") };
    return {
      location,
      open: opener(location),
      remove: () => rm(folder, { recursive: true, force: true }),
    };
  }
  const url = await postgresUrl();
  const schema = `test_${randomBytes(6).toString("hex")}`;
  const location: DatabaseLocation = { kind: "postgres", url, schema };
  return {
    location,
    open: opener(location),
    async remove() {
      const client = new pg.Client(url);
      await client.connect();
      await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
      await client.end();
    },
  };
}
