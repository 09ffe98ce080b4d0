// Restoring a backup.
import { dirname } from "node:path";
import { Code } from "@connectrpc/connect";
import type { Config } from "../../runtime/config.ts";
import { openDatabase } from "../../runtime/database/database.ts";
import { DatabaseLoad } from "../../runtime/database/load.ts";
import { lockDirectory } from "../../runtime/database/lock.ts";
import type { Value } from "../../runtime/database/snapshot.ts";
import { fail } from "../../runtime/errors.ts";
import { DATABASES, databaseLocation } from "../../services/databases.ts";
import { readArchive } from "./archive.ts";
import type { Progress } from "./write-backup.ts";

const BATCH = 200;

type Name = keyof typeof DATABASES;

/** The migrations that made the schema of a backup. */
function migrationsOf(database: string, names: readonly string[]) {
  const known = DATABASES[database as Name];
  const migrations = known?.filter(({ name }) => names.includes(name));
  if (known && migrations?.length === names.length) return { name: database as Name, migrations };
  throw fail(
    Code.FailedPrecondition,
    "BACKUP_NEWER",
    `A newer version wrote this backup: it has ${database} with ${names.join(", ")}. Restore it with that version.`,
  );
}

/** Gathers the rows of a table, so that one insert takes many. */
class Rows {
  readonly #load: DatabaseLoad;
  readonly #table: string;
  readonly #columns: readonly string[];
  #batch: (readonly Value[])[] = [];
  count = 0;

  constructor(load: DatabaseLoad, table: string, columns: readonly string[]) {
    this.#load = load;
    this.#table = table;
    this.#columns = columns;
  }

  async add(row: readonly Value[]): Promise<void> {
    this.count++;
    if (this.#batch.push(row) === BATCH) await this.flush();
  }

  async flush(): Promise<void> {
    await this.#load.insert(this.#table, this.#columns, this.#batch.splice(0));
  }
}

/**
 * Fills an empty desk with a backup, of SQLite or of PostgreSQL, whichever the desk uses; then brings the schema up to
 * date. All of it is restored, or nothing.
 *
 * @throws ConnectError `DATABASE_NOT_EMPTY`, `DATA_DIR_IN_USE`, `BACKUP_DAMAGED` or `BACKUP_NEWER`
 */
export async function restoreBackup(config: Config, file: string, progress: Progress): Promise<void> {
  await using cleanup = new AsyncDisposableStack();
  const loads = new Map<Name, DatabaseLoad>();
  cleanup.defer(async () => {
    for (const load of loads.values()) await load.discard();
  });
  let database = "";
  let rows: Rows | undefined;
  let table = "";
  const endTable = async () => {
    await rows?.flush();
    if (rows) progress(`${database}.${table}`, rows.count);
    rows = undefined;
  };
  for await (const line of readArchive(file)) {
    if ("row" in line) {
      await rows?.add(line.row);
      continue;
    }
    await endTable();
    if ("database" in line) {
      const { name, migrations } = migrationsOf(line.database, line.migrations);
      const location = databaseLocation(config, name);
      if (location.kind === "sqlite") {
        const lock = await lockDirectory(dirname(location.file));
        cleanup.defer(() => lock.release());
      }
      loads.set(name, await DatabaseLoad.begin(name, location, migrations));
      database = name;
    } else if ("table" in line) {
      const load = loads.get(database as Name) as DatabaseLoad;
      await load.clear(line.table);
      table = line.table;
      rows = new Rows(load, table, line.columns);
    }
  }
  for (const load of loads.values()) await load.commit();
  const names = [...loads.keys()];
  loads.clear();
  for (const name of names) {
    const location = databaseLocation(config, name);
    const migrations = DATABASES[name];
    await (await openDatabase({ name, location, migrations, log: () => {} })).close();
  }
}
