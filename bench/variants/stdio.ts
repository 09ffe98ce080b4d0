// Programs that take lines on stdin and answer on stdout, for one caller.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Variant } from "../lib/interleave.ts";
import { toolCall } from "../lib/mcp.ts";
import { serverFile, stop } from "../lib/server-process.ts";
import { TEXT } from "./no-op.ts";

/** A program of bench/servers/ that is sent the call of the no-op tool, line by line. */
export function stdio(resources: AsyncDisposableStack, name: string, file: string): Variant {
  const child = spawn(process.execPath, [serverFile(file)], { stdio: ["pipe", "pipe", "inherit"] });
  resources.defer(() => stop(child));
  const waiting: ((line: string) => void)[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()?.(line));
  let id = 0;
  const call = () =>
    new Promise<void>((resolve, reject) => {
      waiting.push((line) => (line.includes('"error"') ? reject(new Error(line)) : resolve()));
      child.stdin.write(`${toolCall("2026-07-28", "echo", { text: TEXT }, ++id)}\n`);
    });
  return {
    name,
    pids: [child.pid ?? 0],
    callers: async (count) => Array.from({ length: count }, () => call),
  };
}
