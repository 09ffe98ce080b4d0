// Commands as a person starts them.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { ROOT } from "./processes.ts";

/** What a command printed, and how it ended. */
export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A command that runs. */
export interface Running {
  /** What it has printed so far. */
  readonly out: () => string;
  readonly interrupt: () => void;
  readonly ended: Promise<Ran>;
}

/** Starts a command, such as `scripts/agent.ts`, with what is typed into it. */
export function start(script: string, args: readonly string[], env: Record<string, string>, typed = ""): Running {
  const child = spawn(process.execPath, [script, ...args], { cwd: ROOT, env: { ...process.env, ...env } });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    err += text;
  });
  child.stdin.end(typed);
  const ended = once(child, "close").then(([code]) => ({ code, out, err }));
  return { out: () => out, interrupt: () => child.kill("SIGINT"), ended };
}
