// Several SQLite files at one moment, while another process writes to them.
import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { databaseBusy } from "./errors.ts";
import type { DatabaseSnapshot, Snapshot, TableSnapshot, Value } from "./snapshot.ts";

const MAX_TRIES = 10_000;
/** A backup has time: it waits for a lock for longer than a call does. */
const BUSY_TIMEOUT_MS = 10_000;

const open = (file: string) => new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS });

/** Changes when another connection has committed something. */
function version(database: DatabaseSync): unknown {
  return database.prepare("PRAGMA data_version").get()?.data_version;
}

/**
 * Begins a read transaction on all of them so that no commit lies between the first and the last: where one does, begins
 * anew. The window is some microseconds, so a few tries are enough also under load.
 */
function beginTogether(readers: readonly DatabaseSync[], watchers: readonly DatabaseSync[]): void {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const before = watchers.map(version).join();
    for (const reader of readers) {
      reader.exec("BEGIN");
      // The transaction sees the state at its first read, not at its beginning.
      reader.prepare("SELECT count(*) FROM sqlite_schema").get();
    }
    if (watchers.map(version).join() === before) return;
    for (const reader of readers) reader.exec("ROLLBACK");
  }
  throw databaseBusy();
}

function narrow(value: unknown): Value {
  if (typeof value !== "bigint") return value as Value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function table(database: DatabaseSync, name: string): TableSnapshot {
  const quote = (identifier: unknown) => `"${String(identifier).replaceAll('"', '""')}"`;
  const listed = database.prepare("SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0 ORDER BY cid").all(name);
  const columns = listed.map((column) => String(column.name));
  return {
    name,
    columns,
    async *rows() {
      const statement = database.prepare(`SELECT ${columns.map(quote).join(", ")} FROM ${quote(name)} ORDER BY 1`);
      statement.setReadBigInts(true);
      for (const row of statement.iterate()) yield columns.map((column) => narrow(row[column]));
    },
  };
}

function read(database: DatabaseSync): DatabaseSnapshot {
  // Leaves out search indexes (virtual tables and their shadows), which triggers fill, and SQLite's own.
  const tables = database
    .prepare(
      `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
       AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> 'migration' ORDER BY name`,
    )
    .all();
  const migrations = database.prepare("SELECT name FROM migration ORDER BY rowid").all();
  return {
    migrations: migrations.map(({ name }) => String(name)),
    tables: tables.map(({ name }) => table(database, String(name))),
  };
}

/** Opens files at one moment, see `openSnapshot`. */
export async function openSqliteSnapshot(files: ReadonlyMap<string, string>): Promise<Snapshot> {
  const present = [...files].filter(([, file]) => existsSync(file));
  const readers = present.map(([, file]) => open(file));
  const watchers = present.map(([, file]) => open(file));
  const close = async () => {
    for (const database of readers) database.close();
  };
  try {
    beginTogether(readers, watchers);
    const databases = present.map(([name], index) => [name, read(readers[index] as DatabaseSync)] as const);
    return { databases: new Map(databases), [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  } finally {
    for (const database of watchers) database.close();
  }
}
