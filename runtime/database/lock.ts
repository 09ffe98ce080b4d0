// One process per data directory, enforced by a lock that the operating system gives back whatever way the holder dies.
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Code } from "@connectrpc/connect";
import { fail } from "../errors.ts";

const SQLITE_BUSY = 5;

/** A data directory held by this process. */
export interface DirectoryLock {
  release(): Promise<void>;
}

const WHY: Readonly<Record<string, string>> = {
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  EROFS: "its file system is read-only",
  ENOENT: "it cannot be made there",
  ENOTDIR: "a part of the path is a file",
  EEXIST: "it is a file",
  ENOSPC: "the disk is full",
  ERR_SQLITE_ERROR: "files cannot be opened there",
};

/**
 * Does something in a data directory.
 *
 * @throws ConnectError `DATA_DIR_UNUSABLE` where the system does not let it, with the reason
 */
export async function orUnusable<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const why = WHY[(error as NodeJS.ErrnoException).code ?? ""];
    if (why === undefined) throw error;
    throw fail(
      Code.FailedPrecondition,
      "DATA_DIR_UNUSABLE",
      `${directory} cannot hold the data: ${why}. Set DATA_DIR to a directory that can be written to.`,
      { directory },
    );
  }
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
  await mkdir(directory, { recursive: true });
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
