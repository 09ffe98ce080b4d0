// What all commands have in common at their end: when it comes, a message that says what to do, and an exit code.
import { Code, ConnectError } from "@connectrpc/connect";
import { fail, reasonOf } from "./errors.ts";

/** Node goes on with how to pass an argument that begins with a dash, which no command takes. */
const DASHES = /\. To specify a positional argument.*$/s;

/** What a person is shown of an error: a message, or the error itself, with its stack, where nobody foresaw it. */
function shown(error: unknown): unknown {
  if (error instanceof ConnectError) return error.rawMessage;
  if (!(error instanceof TypeError && "code" in error)) return error;
  if (error.code === "ERR_INVALID_URL" && "input" in error) {
    return `${error.input} is no URL. Write one such as http://127.0.0.1:8080.`;
  }
  return `${error.message.replace(DASHES, ".")}\nSee --help.`;
}

/**
 * Runs a command. An error that Deskwire made, or that the command line is wrong by, is shown as its message alone; any
 * other with its stack. The exit code is 1 then.
 */
export async function runCommand(command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    process.exitCode = 1;
    console.error(shown(error));
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

/** Where no desk answers at `url`, and why: `DESK_NOT_FOUND`. */
export function noDesk(url: string, why: string): ConnectError {
  const message = `No desk answers at ${url} (${why}). Start one with \`npm start\`, or say where it runs with --url or DESKWIRE_URL.`;
  return fail(Code.Unavailable, "DESK_NOT_FOUND", message, { url });
}

/**
 * An error of the desk at `url` as a command tells it: where none answers `DESK_NOT_FOUND`, where it runs without the part that
 * is asked `PART_ELSEWHERE`, where it lets nobody in without a key, or not with this one, `KEY_NEEDED`. Other errors come back as
 * they are.
 */
export function explained(error: unknown, url: string): unknown {
  if (!(error instanceof ConnectError)) return error;
  // A desk that is there and lacks a part says so with a reason.
  if (error.code === Code.Unavailable && error.details.length === 0) return noDesk(url, error.rawMessage);
  if (reasonOf(error) === "NOT_SERVED") {
    const message = `What runs at ${url} does not answer this: that part of the desk runs elsewhere. Name it with --url or DESKWIRE_URL; by default imports are at port 5002, customers at 5000, metrics at 5003.`;
    return fail(Code.Unimplemented, "PART_ELSEWHERE", message, { url });
  }
  if (error.code !== Code.Unauthenticated) return error;
  const message = `The desk at ${url} asks who calls, and does not know you. Set DESKWIRE_API_KEY to a key of that desk (npm run keys makes one).`;
  return fail(Code.Unauthenticated, "KEY_NEEDED", message, { url });
}
