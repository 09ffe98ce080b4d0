// Holds the lock of a directory until it is killed or told to end, by the end of its input.
import { lockDirectory } from "../../runtime/database/lock.ts";

const lock = await lockDirectory(process.argv[2] as string);
process.stdout.write("held\n");
process.stdin.on("end", () => lock.release()).resume();
