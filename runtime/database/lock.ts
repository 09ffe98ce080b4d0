// One process per data directory, enforced by a lock that the operating system gives back whatever way the holder dies.
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Code } from "@connectrpc/connect";
import { fail } from "../errors.ts";
import { makeDirectory, orUnusable } from "./directory.ts";

const SQLITE_BUSY = 5;

/** A data directory held by this process. */
export interface DirectoryLock {
  release(): Promise<void>;
}

/**
 * Takes a data directory for this process alone, making it if missing.
 *
 * The lock is SQLite's own on a file that holds nothing: unlike a pid file it cannot go stale. The pid beside it only
 * serves the message.
 *
 * @throws ConnectError `DATA_DIR_UNUSABLE`; `DATA_DIR_IN_USE` if another process, or this one, holds it already
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  return orUnusable(directory, () => lock(directory));
}

async function lock(directory: string): Promise<DirectoryLock> {
  await makeDirectory(directory);
  const pidFile = join(directory, "lock.pid");
  const database = new DatabaseSync(join(directory, "lock.db"), { timeout: 0 });
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    const pid = (await readFile(pidFile, "utf8").catch(() => "")).trim() || "unknown";
    throw fail(
      Code.FailedPrecondition,
      "DATA_DIR_IN_USE",
      `${directory} is in use by process ${pid}. Stop that process, talk to it instead, or use another data directory.`,
      { directory, pid },
    );
  }
  await writeFile(pidFile, `${process.pid}\n`);
  let held = true;
  return {
    async release() {
      if (!held) return;
      held = false;
      await rm(pidFile, { force: true });
      database.close();
    },
  };
}
