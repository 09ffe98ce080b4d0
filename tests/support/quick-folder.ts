// Where the data of tests is.
import { accessSync, constants, statfsSync } from "node:fs";
import { tmpdir } from "node:os";

/** The memory of Linux that is used as a disk. */
const MEMORY = "/dev/shm";
/** Many times what all tests together need: containers often have 64 MB. */
const ENOUGH_BYTES = 2 ** 31;

/**
 * A folder in memory where the system has one with room enough, else the usual one for temporary files. A desk answers a write
 * once the disk has confirmed it, and thousands of confirmations would take longer than all else that the tests do.
 */
export function quickFolder(): string {
  try {
    accessSync(MEMORY, constants.W_OK | constants.X_OK);
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= ENOUGH_BYTES ? MEMORY : tmpdir();
  } catch {
    return tmpdir();
  }
}
