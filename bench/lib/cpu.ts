// CPU time of processes, as Linux counts it: the steadiest figure on a machine that others use too.
import { readdirSync, readFileSync } from "node:fs";

/** USER_HZ: a tick is 10 ms on every Linux that Node runs on. */
const US_A_TICK = 10_000;

interface Stat {
  readonly parent: number;
  readonly ticks: number;
}

function statOf(pid: number): Stat | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // proc(5): the name in brackets may hold anything; the fields after it are counted from the third.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return undefined;
  }
}

/** A process and all that it has started. */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    const parent = Number.isInteger(pid) ? statOf(pid)?.parent : undefined;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** CPU time that processes have used so far, in microseconds; undefined where the system does not tell. */
export function cpuMicros(pids: readonly number[]): number | undefined {
  if (process.platform !== "linux") return undefined;
  return pids.reduce((sum, pid) => sum + (statOf(pid)?.ticks ?? 0), 0) * US_A_TICK;
}

/** CPU time that the main thread of a process has used so far, in microseconds, exact while it waits; NaN where the system does not tell. */
export function mainThreadMicros(pid: number): number {
  try {
    // Linux, Documentation/scheduler/sched-stats: nanoseconds on the processor come first.
    return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]) / 1_000;
  } catch {
    return Number.NaN;
  }
}

/** Resident memory of a process, in MiB; undefined where the system does not tell. */
export function residentMiB(pid: number): number | undefined {
  if (process.platform !== "linux") return undefined;
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return kib === undefined ? undefined : Number(kib) / 1024;
}
