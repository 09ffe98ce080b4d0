// Metrics as a scraper is given them: named families of numbers, read when they are asked for.
import { BOUNDS_S, type CallStats } from "./call-stats.ts";

/** One number. */
export interface Sample {
  readonly value: number;
  /** Values are names of ours, few of them: a method, a code, a reason. Never what a customer wrote. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Of a histogram: `_bucket`, `_sum` or `_count`. */
  readonly suffix?: string;
}

/** A family of numbers (Prometheus, metric types). */
export interface Metric {
  /** Prometheus' conventions: `deskwire_`, the unit, `_total` for counters. */
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  collect(): readonly Sample[] | Promise<readonly Sample[]>;
}

/** A number that goes up and down. */
export function gauge(
  name: string,
  help: string,
  read: () => number | Promise<number>,
  labels: Readonly<Record<string, string>> = {},
): Metric {
  return { name, help, type: "gauge", collect: async () => [{ value: await read(), labels }] };
}

/** How far a reader of the ticket service's log is; `deskwire_event_log_position` says where the log ends. */
export function readerPosition(reader: string, read: () => Promise<number>): Metric {
  const help = "Position in the log up to which a reader has read.";
  return gauge("deskwire_event_log_reader_position", help, read, { reader });
}

function durationSamples(stats: CallStats, labels: Readonly<Record<string, string>>): Sample[] {
  const { cumulative, sumS } = stats.durations;
  const count = cumulative.at(-1) ?? 0;
  // What was never called has no durations, and there are seventeen lines of them.
  if (count === 0) return [];
  const bounds = [...BOUNDS_S.map(String), "+Inf"];
  return [
    ...bounds.map((le, index) => ({ suffix: "_bucket", labels: { ...labels, le }, value: cumulative[index] ?? 0 })),
    { suffix: "_sum", labels, value: sumS },
    { suffix: "_count", labels, value: count },
  ];
}

/** What a family of calls is called. */
export interface CallNames {
  /** Such as `deskwire_rpc`. */
  readonly prefix: string;
  /** The label that names what was called, such as `method`. */
  readonly label: string;
  /** As it stands in help texts, such as "calls of a method". */
  readonly noun: string;
}

/** Rate, errors and duration of calls. */
export function callMetrics({ prefix, label, noun }: CallNames, stats: () => Iterable<CallStats>): Metric[] {
  const each = (samples: (calls: CallStats, labels: Record<string, string>) => Sample[]) => () =>
    [...stats()].flatMap((calls) => samples(calls, { [label]: calls.name }));
  return [
    {
      ...{ name: `${prefix}_requests_total`, type: "counter" },
      help: `Ended ${noun}, by code (ok where they went well) and reason.`,
      collect: each((calls, labels) =>
        calls.outcomes.map(({ outcome, count }) => ({ value: count, labels: { ...labels, ...outcome } })),
      ),
    },
    {
      ...{ name: `${prefix}_duration_seconds`, type: "histogram" },
      help: `How long ${noun} took, in seconds.`,
      collect: each(durationSamples),
    },
    {
      ...{ name: `${prefix}_under_way`, type: "gauge" },
      help: `The ${noun} that are under way.`,
      collect: each((calls, labels) => [{ value: calls.underWay, labels }]),
    },
  ];
}
