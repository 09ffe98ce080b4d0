// Where hours, days, weeks and months begin by the clocks of a time zone.
import { MetricsBucketSize } from "#gen/deskwire/analytics/v1/metrics_pb.js";
import { offsetRuns } from "../../../runtime/policy/zone-offsets.ts";
import { DAY_MS, HOUR_MS } from "../../../runtime/time-units.ts";

/** 1970 began on a Thursday; weeks begin on Monday (ISO 8601). */
const MONDAY = 3 * DAY_MS;

/** Numbers the stretches of local time, and tells when each begins, in milliseconds of a clock that knows no time zones. */
interface Unit {
  indexOf(local: number): number;
  startOf(index: number): number;
  /** How long one is at least. */
  readonly leastMs: number;
}

const months: Unit = {
  indexOf(local) {
    const date = new Date(local);
    return date.getUTCFullYear() * 12 + date.getUTCMonth();
  },
  startOf(index) {
    const start = new Date(0);
    start.setUTCFullYear(Math.floor(index / 12), index % 12, 1);
    return start.getTime();
  },
  leastMs: 28 * DAY_MS,
};

const UNITS: Readonly<Partial<Record<MetricsBucketSize, Unit>>> = {
  [MetricsBucketSize.DAY]: {
    indexOf: (local) => Math.floor(local / DAY_MS),
    startOf: (index) => index * DAY_MS,
    leastMs: DAY_MS - HOUR_MS,
  },
  [MetricsBucketSize.WEEK]: {
    indexOf: (local) => Math.floor((local + MONDAY) / (7 * DAY_MS)),
    startOf: (index) => index * 7 * DAY_MS - MONDAY,
    leastMs: 7 * DAY_MS - HOUR_MS,
  },
  [MetricsBucketSize.MONTH]: months,
};

/** A window of time, in milliseconds UTC, and among facts in seconds; `end` is outside. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

/** How many buckets a window has at most, without working them out. */
export function bucketsAtMost({ start, end }: Window, size: MetricsBucketSize): number {
  if (size === MetricsBucketSize.UNSPECIFIED) return 1;
  return Math.ceil((end - start) / (UNITS[size]?.leastMs ?? HOUR_MS)) + 1;
}

/** Hours begin on the hour of the local clock; one that is shown twice is two hours. */
function hourStarts(timeZone: string, { start, end }: Window): number[] {
  return offsetRuns(timeZone, start, end).flatMap((run) => {
    const first = Math.ceil((run.start + run.offset) / HOUR_MS) * HOUR_MS - run.offset;
    const count = Math.max(0, Math.ceil((run.end - first) / HOUR_MS));
    return Array.from({ length: count }, (_, index) => first + index * HOUR_MS);
  });
}

/** The first moments of days, weeks or months within a window; where midnight is skipped, the moment after. */
function unitStarts(timeZone: string, { start, end }: Window, { indexOf, startOf }: Unit): number[] {
  const starts: number[] = [];
  let current: number | undefined;
  for (const run of offsetRuns(timeZone, start, end)) {
    const index = indexOf(run.start + run.offset);
    if (current !== undefined && index > current) starts.push(run.start);
    // Clocks that are put back may show the day before again; it has ended all the same.
    current = Math.max(index, current ?? index);
    for (let next = startOf(current + 1) - run.offset; next < run.end; next = startOf(current + 1) - run.offset) {
      starts.push(next);
      current++;
    }
  }
  return starts;
}

/**
 * The moments at which buckets begin, in their order, the window's own start first. The first and the last bucket are cut off
 * by the window.
 *
 * @param timeZone IANA name
 */
export function bucketStarts(timeZone: string, window: Window, size: MetricsBucketSize): number[] {
  if (size === MetricsBucketSize.UNSPECIFIED) return [window.start];
  const unit = UNITS[size];
  const starts = unit ? unitStarts(timeZone, window, unit) : hourStarts(timeZone, window);
  return [window.start, ...starts.filter((start) => start > window.start)];
}
