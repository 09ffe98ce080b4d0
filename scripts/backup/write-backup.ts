// Taking a backup.
import { Code } from "@connectrpc/connect";
import type { Config } from "../../runtime/config.ts";
import { type DatabaseSnapshot, openSnapshot } from "../../runtime/database/snapshot.ts";
import { fail } from "../../runtime/errors.ts";
import { DATABASES, databaseLocation } from "../../services/databases.ts";
import { FORMAT, type Line, writeArchive } from "./archive.ts";

/** Told of each table that is done. */
export type Progress = (table: string, rows: number) => void;

async function* lines(databases: ReadonlyMap<string, DatabaseSnapshot>, progress: Progress): AsyncGenerator<Line> {
  let total = 0;
  yield { deskwire_backup: FORMAT, time: new Date().toISOString() };
  for (const [database, { migrations, tables }] of databases) {
    yield { database, migrations };
    for (const { name, columns, rows } of tables) {
      let count = 0;
      yield { table: name, columns };
      for await (const row of rows()) {
        count++;
        yield { row };
      }
      total += count;
      progress(`${database}.${name}`, count);
    }
  }
  yield { end: { rows: total } };
}

/**
 * Writes all that the desk holds at this moment to a file. The desk may run, and nobody waits for it.
 *
 * @throws ConnectError `not_found` (NOTHING_TO_BACK_UP) where no desk keeps its data; `already_exists` (FILE_EXISTS)
 */
export async function writeBackup(config: Config, file: string, overwrite: boolean, progress: Progress): Promise<void> {
  const names = Object.keys(DATABASES) as (keyof typeof DATABASES)[];
  const locations = Object.fromEntries(names.map((name) => [name, databaseLocation(config, name)]));
  await using snapshot = await openSnapshot(locations);
  if (snapshot.databases.size === 0) {
    const place = config.DATABASE_URL ? "the database at DATABASE_URL" : config.DATA_DIR;
    throw fail(
      Code.NotFound,
      "NOTHING_TO_BACK_UP",
      `No desk keeps its data in ${place}. Set DATA_DIR or DATABASE_URL.`,
    );
  }
  await writeArchive(file, overwrite, lines(snapshot.databases, progress));
}
