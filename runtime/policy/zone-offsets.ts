// How far a time zone's clocks are from UTC, and when that changes.
import { DAY_MS } from "../time-units.ts";

/** A stretch of time in which the clocks of a zone are equally far from UTC. */
export interface OffsetRun {
  /** Milliseconds UTC; the run ends before `end`. */
  readonly start: number;
  readonly end: number;
  /** Milliseconds to add to UTC for the local time. */
  readonly offset: number;
}

/** Shorter than the shortest stretch between two changes of a zone's offset: a month of Ramadan in Casablanca. */
const PROBE_MS = 7 * DAY_MS;
const OFFSET = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/;

/** Needs no table of zones, which takes longer to be loaded than all else that a policy says to be read. */
const UTC = "UTC";

/** The format that tells the offset of an IANA time zone; throws a RangeError for a name that is none. */
function offsetFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
}

/** Whether there is a time zone of this IANA name. */
export function isTimeZone(name: string): boolean {
  if (name === UTC) return true;
  try {
    offsetFormat(name);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function offsetAt(format: Intl.DateTimeFormat, time: number): number {
  const name = format.formatToParts(time).find(({ type }) => type === "timeZoneName")?.value ?? "";
  const [, sign, hours = 0, minutes = 0, seconds = 0] = OFFSET.exec(name) ?? [];
  const ms = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  return sign === "-" ? -ms : ms;
}

/** The first moment after `low`, up to `high`, that has the offset of `high`. */
function changeBetween(format: Intl.DateTimeFormat, low: number, high: number, offset: number): number {
  let [before, after] = [low, high];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (offsetAt(format, middle) === offset) after = middle;
    else before = middle;
  }
  return after;
}

/** The runs of a zone's offsets that fill the time from `from` to before `to`, in their order. */
export function offsetRuns(timeZone: string, from: number, to: number): OffsetRun[] {
  if (timeZone === UTC) return [{ start: from, end: to, offset: 0 }];
  const format = offsetFormat(timeZone);
  const runs: OffsetRun[] = [];
  let start = from;
  let offset = offsetAt(format, from);
  for (let probed = from; probed < to; probed += PROBE_MS) {
    const next = Math.min(probed + PROBE_MS, to);
    const then = offsetAt(format, next);
    if (then === offset) continue;
    const change = changeBetween(format, probed, next, then);
    if (change >= to) break;
    runs.push({ start, end: change, offset });
    [start, offset] = [change, then];
  }
  runs.push({ start, end: to, offset });
  return runs;
}
