// Servers under load run in processes of their own; each says on its first line of stdout where it listens.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A server that runs. */
export interface ServerProcess {
  readonly pid: number;
  readonly url: URL;
}

/** Ends a process and waits until it has gone. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  await exit;
}

/** What a desk is given as well: what it is held against is to have its code in large pages too. */
const NODE = "--use-largepages=silent";

/** Where a file of bench/servers/ is. */
export const serverFile = (file: string): string => new URL(`../servers/${file}`, import.meta.url).pathname;

/** Starts a file of bench/servers/ and waits for its address. */
export async function startServer(
  resources: AsyncDisposableStack,
  file: string,
  args: readonly string[] = [],
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [NODE, serverFile(file), ...args], { stdio: ["ignore", "pipe", "inherit"] });
  resources.defer(() => stop(child));
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), "line"),
    once(child, "exit").then(() => Promise.reject(new Error(`${file} ended before it listened`))),
  ]);
  return { pid: child.pid ?? 0, url: new URL(line) };
}
