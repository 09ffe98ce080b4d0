// Where the data of tests is: a folder of the run, which goes with it.
import { accessSync, constants, statfsSync } from "node:fs";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The memory of Linux that is used as a disk. */
const MEMORY = "/dev/shm";
/** Many times what all tests together need: containers often have 64 MB. */
const ENOUGH_BYTES = 2 ** 31;

function hasMemory(): boolean {
  try {
    accessSync(MEMORY, constants.W_OK | constants.X_OK);
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= ENOUGH_BYTES;
  } catch {
    return false;
  }
}

/**
 * vitest's globalSetup: `tmpdir()` is a folder in memory, where the system has room enough, for all processes of the run. A desk
 * answers a write once the disk has confirmed it, and thousands of confirmations would take longer than all else that tests do.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(hasMemory() ? MEMORY : tmpdir(), "deskwire-tests-"));
  // As root PostgreSQL runs as another user, who has to reach its data through this folder.
  await chmod(folder, 0o755);
  process.env.TMPDIR = folder;
  return () => rm(folder, { recursive: true, force: true });
}
