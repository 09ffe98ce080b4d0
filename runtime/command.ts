// What all commands have in common at their end: when it comes, a message that says what to do, and an exit code.
import { ConnectError } from "@connectrpc/connect";

/**
 * Runs a command. An error that Deskwire made, or that the command line is wrong by, is shown as its message alone; any
 * other with its stack. The exit code is 1 then.
 */
export async function runCommand(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    process.exitCode = 1;
    if (error instanceof ConnectError) console.error(error.rawMessage);
    else if (error instanceof TypeError && "code" in error) console.error(`${error.message}\nSee --help.`);
    else console.error(error);
  }
}

/**
 * Resolves when the process is asked to end, by SIGINT or SIGTERM. Being asked again changes nothing: Ctrl-C reaches every
 * process in the terminal, and npm passes it on once more.
 */
export function untilAskedToEnd(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => resolve());
  });
}
