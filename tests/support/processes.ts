// Real processes of the desk, and other programs, for tests.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

/** The source tree. */
export const ROOT = new URL("../../", import.meta.url);
const READY_MS = 60_000;

/** What `npm start` gives to Node. */
export const START: readonly string[] = JSON.parse(readFileSync(new URL("package.json", ROOT), "utf8"))
  .scripts.start.split(" ")
  .slice(1);

/** Runs a program to its end; rejects when it fails. */
export const run = promisify(execFile);

/** Whether a program is installed. */
export async function isInstalled(program: string): Promise<boolean> {
  return run("which", [program]).then(
    () => true,
    () => false,
  );
}

/** The ports of this process; other processes that run tests have others. */
const PORTS = { first: 10_000 + (process.pid % 200) * 100, count: 100 };
let portsTaken = 0;

/** A port that nobody uses now, nor gets before its asker comes to use it: it is below those that a system gives out by itself. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < PORTS.count; tried++) {
    const port = PORTS.first + (portsTaken++ % PORTS.count);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false)).listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    server.close();
    await once(server, "close");
    return port;
  }
  throw new Error(`none of ports ${PORTS.first} to ${PORTS.first + PORTS.count - 1} is free`);
}

/** Waits until `condition` gives a value; throws what it says last when it takes longer than `withinMs`. */
export async function eventually<T>(condition: () => Promise<T | undefined | false>, withinMs = 30_000): Promise<T> {
  const end = Date.now() + withinMs;
  let problem: unknown = new Error("the condition was never met");
  while (Date.now() < end) {
    try {
      const value = await condition();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      problem = error;
    }
    await delay(20);
  }
  throw problem;
}

/** A spawned process of the desk. */
export class DeskProcess implements AsyncDisposable {
  readonly url: string;
  readonly child: ChildProcess;
  output = "";
  /** Resolves when it has ended, and all that it said is in `output`. */
  readonly closed: Promise<unknown>;

  private constructor(child: ChildProcess, url: string) {
    this.child = child;
    this.url = url;
    this.closed = once(child, "close");
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data) => (this.output += data));
  }

  /** Starts `services/main.ts` of a source tree with these arguments, and waits until it is ready. */
  static async start(
    args: readonly string[],
    environment: Readonly<Record<string, string>>,
    root: URL = ROOT,
  ): Promise<DeskProcess> {
    const port = environment.PORT ?? String(await freePort());
    const env = { ...process.env, ...environment, PORT: port };
    const child = spawn(process.execPath, [...START, ...args], { cwd: root, env });
    const desk = new DeskProcess(child, `${environment.TLS_CERT_FILE ? "https" : "http"}://127.0.0.1:${port}`);
    try {
      const ready = async () => desk.output.includes("Ctrl-C") && (await fetch(`${desk.url}/readyz`)).ok;
      const ended = desk.closed.then(() => Promise.reject(new Error("it has ended")));
      await Promise.race([eventually(ready, READY_MS), ended]);
      ended.catch(() => {});
    } catch (error) {
      child.kill("SIGKILL");
      throw new Error(`the desk did not start (${args.join(" ")}): ${desk.output}`, { cause: error });
    }
    return desk;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Asks it to end; resolves with its exit code. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    if (this.hasEnded) return this.child.exitCode;
    const exit = once(this.child, "exit");
    this.child.kill(signal);
    await exit;
    return this.child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGKILL");
  }
}
