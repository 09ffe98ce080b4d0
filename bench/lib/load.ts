// Closed-loop load: so many callers, each sending its next call when the last is answered.
import { performance } from "node:perf_hooks";
import { cpuMicros } from "./cpu.ts";

/** One caller: performs its next call. */
export type Caller = () => Promise<unknown>;

/** What one stretch of load came to. */
export interface Sample {
  readonly callsPerSecond: number;
  /** Of the servers, in microseconds a call; undefined where the system does not tell. */
  readonly cpuPerCall: number | undefined;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** How long to drive. */
export interface Stretch {
  readonly seconds: number;
  readonly pids: readonly number[];
}

function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Lets callers work for a while. Rejects with the first call that fails: a figure with failures in it is none. */
export async function drive(callers: readonly Caller[], { seconds, pids }: Stretch): Promise<Sample> {
  const latencies: number[] = [];
  const cpuBefore = cpuMicros(pids);
  const begin = performance.now();
  const end = begin + seconds * 1_000;
  await Promise.all(
    callers.map(async (call) => {
      let now = performance.now();
      while (now < end) {
        await call();
        const after = performance.now();
        latencies.push(after - now);
        now = after;
      }
    }),
  );
  const elapsed = performance.now() - begin;
  const cpuAfter = cpuMicros(pids);
  const sorted = Float64Array.from(latencies).sort();
  return {
    callsPerSecond: (latencies.length / elapsed) * 1_000,
    cpuPerCall:
      cpuBefore === undefined || cpuAfter === undefined ? undefined : (cpuAfter - cpuBefore) / latencies.length,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
  };
}
