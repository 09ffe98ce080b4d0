// Variants measured side by side: A B C A B C …, so that what disturbs the machine disturbs all of them alike.
import { type Caller, drive, type Sample } from "./load.ts";

/** Something to measure, already running. */
export interface Variant {
  readonly name: string;
  /** The processes whose CPU time counts. */
  readonly pids: readonly number[];
  callers(count: number): Promise<readonly Caller[]>;
}

/** How much of everything. */
export interface Effort {
  readonly rounds: number;
  readonly secondsEach: number;
  /** Of a variant, before anything is measured: Node compiles what is called often. */
  readonly warmUpSeconds: number;
}

/** A variant's medians over all rounds. */
export interface Measured extends Sample {
  readonly name: string;
  readonly callers: number;
}

/** The middle of some values; of two in the middle, what lies between. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

function medians(samples: readonly Sample[]): Sample {
  const of = (key: "callsPerSecond" | "p50Ms" | "p99Ms") => median(samples.map((sample) => sample[key]));
  const cpu = samples.flatMap(({ cpuPerCall }) => cpuPerCall ?? []);
  return {
    callsPerSecond: of("callsPerSecond"),
    cpuPerCall: cpu.length > 0 ? median(cpu) : undefined,
    p50Ms: of("p50Ms"),
    p99Ms: of("p99Ms"),
  };
}

/** Lets a variant work a while, unmeasured. */
export async function warmUp(variant: Variant, callers: number, seconds: number): Promise<void> {
  await drive(await variant.callers(callers), { seconds, pids: [] });
}

/** Measures all variants with so many callers, in rounds. `progress` is told what is being done. */
export async function interleave(
  variants: readonly Variant[],
  callers: number,
  { rounds, secondsEach }: Effort,
  progress: (what: string) => void,
): Promise<Measured[]> {
  const running = [];
  for (const variant of variants) {
    const working: readonly Caller[] = await variant.callers(callers);
    // Each opens its connection.
    await Promise.all(working.map((call) => call()));
    running.push({ variant, working, samples: [] as Sample[] });
  }
  for (let round = 1; round <= rounds; round++) {
    for (const { variant, working, samples } of running) {
      progress(`round ${round} of ${rounds}, ${callers} callers: ${variant.name}`);
      samples.push(await drive(working, { seconds: secondsEach, pids: variant.pids }));
    }
  }
  return running.map(({ variant, samples }) => ({ name: variant.name, callers, ...medians(samples) }));
}
