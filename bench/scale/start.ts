// Cold start: from the start of the process to the first answered call.
import { spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { SupportService } from "#gen/deskwire/support/v1/support_service_pb.js";
import { freePort, ROOT, START } from "../../tests/support/processes.ts";
import { stop } from "../lib/server-process.ts";
import { type Finding, quantile } from "./finding.ts";

const RETRY_MS = 5;
const GIVE_UP_MS = 60_000;

/** Milliseconds from the start of the process to the first answer. */
async function firstAnswer(folder: string): Promise<number> {
  const port = await freePort();
  const env = { ...process.env, DATA_DIR: folder, PORT: String(port) };
  const begin = performance.now();
  const child = spawn(process.execPath, [...START, "--no-demo"], { cwd: ROOT, env, stdio: "ignore" });
  const url = `http://127.0.0.1:${port}/${SupportService.typeName}/HandleTicket`;
  const request = { method: "POST", headers: { "content-type": "application/json" }, body: '{"ticketId":"TKT-1001"}' };
  try {
    while (performance.now() < begin + GIVE_UP_MS) {
      const answer = await fetch(url, request).catch(() => undefined);
      if (answer?.ok) return performance.now() - begin;
      await delay(RETRY_MS);
    }
    throw new Error("the desk did not answer");
  } finally {
    await stop(child);
  }
}

/** Starts desks on these folders in turns. */
export async function measureStart(
  folders: ReadonlyMap<number, string>,
  rounds: number,
  progress: (what: string) => void,
): Promise<Finding[]> {
  const times = new Map<number, number[]>();
  for (let round = 1; round <= rounds; round++) {
    for (const [name, folder] of folders) {
      progress(`cold start: ${round} of ${rounds}, ${name} tickets`);
      times.set(name, [...(times.get(name) ?? []), await firstAnswer(folder)]);
    }
  }
  return [...times].map(([name, values]) => ({
    group: "cold start",
    name: `to the first answered call, with ${name.toLocaleString("en-US")} tickets`,
    value: quantile(values, 0.5),
    unit: "ms",
    goal: { at: "most", value: 1_000 },
  }));
}
