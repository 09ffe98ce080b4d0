// Directories that hold data.
import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { Code } from "@connectrpc/connect";
import { fail } from "../errors.ts";

const WHY: Readonly<Record<string, string>> = {
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  EROFS: "its file system is read-only",
  ENOENT: "it cannot be made there",
  ENOTDIR: "a part of the path is a file",
  EEXIST: "it is a file",
  ENOSPC: "the disk is full",
  ENAMETOOLONG: "its path is too long",
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

/** Not by `recursive`: Node tries without end where a directory is there and takes no other, as in /proc. */
async function make(directory: string, mode: number, mayLackParent = true): Promise<void> {
  try {
    await mkdir(directory, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && (await stat(directory)).isDirectory()) return;
    if (code !== "ENOENT" || !mayLackParent) throw error;
    await make(dirname(directory), mode);
    await make(directory, mode, false);
  }
}

/**
 * Makes a directory, and those above it, where they are missing.
 *
 * @throws ConnectError `DATA_DIR_UNUSABLE`
 */
export async function makeDirectory(directory: string, mode = 0o777): Promise<void> {
  await orUnusable(directory, () => make(directory, mode));
}
