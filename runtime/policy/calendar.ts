// Business time: how much of a stretch of time lies within the desk's hours, and when a stretch of business time ends.
import { DAY_MS } from "../time-units.ts";
import { offsetRuns } from "./zone-offsets.ts";

/** Names of the weekdays, as a Date of JavaScript numbers them. */
export const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** A part of a day in milliseconds since midnight by the wall clock; it ends before `end`. */
export interface DaySpan {
  readonly start: number;
  readonly end: number;
}

/** When the desk is open. */
export interface CalendarRules {
  /** IANA name. */
  readonly timeZone: string;
  /** In their order, and not overlapping. A weekday that is not named has no hours. */
  readonly hours: Readonly<Partial<Record<Weekday, readonly DaySpan[]>>>;
  /** Days without hours: `2026-12-25`, or `12-25` for every year. */
  readonly holidays: readonly string[];
}

/**
 * Arithmetic in business time. A moment is business time while the wall clock of the zone shows a time within the hours of
 * that weekday, and the day is no holiday: an hour that daylight saving time skips does not count, one that it repeats
 * counts twice. All times are milliseconds UTC.
 */
export interface BusinessCalendar {
  /** Business time from `from` to `to` in milliseconds; 0 where `to` is not later. */
  businessMsBetween(from: number, to: number): number;
  /** The first moment, not before `from`, by which `ms` milliseconds of business time have passed since `from`. */
  addBusinessMs(from: number, ms: number): number;
}

/** Business hours are worked out for so much time at once, and kept. */
const CHUNK_MS = 400 * DAY_MS;
/** More than the desks of this world need at once; then the memory is given back. */
const MAX_CHUNKS = 200;

/** The business hours of one stretch of `CHUNK_MS`, and the business time from its beginning to each of them. */
interface Chunk {
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  readonly before: Float64Array;
  readonly total: number;
}

function openings({ timeZone, hours, holidays }: CalendarRules, from: number, to: number): [number, number][] {
  const closed = new Set(holidays);
  const found: [number, number][] = [];
  for (const { start, end, offset } of offsetRuns(timeZone, from, to)) {
    for (let day = Math.floor((start + offset) / DAY_MS); day * DAY_MS < end + offset; day++) {
      const date = new Date(day * DAY_MS);
      const iso = date.toISOString().slice(0, -14);
      if (closed.has(iso) || closed.has(iso.slice(-5))) continue;
      for (const span of hours[WEEKDAYS[date.getUTCDay()] as Weekday] ?? []) {
        const opens = Math.max(day * DAY_MS + span.start - offset, start);
        const closes = Math.min(day * DAY_MS + span.end - offset, end);
        if (opens < closes) found.push([opens, closes]);
      }
    }
  }
  return found;
}

function makeChunk(rules: CalendarRules, from: number): Chunk {
  const found = openings(rules, from, from + CHUNK_MS);
  const before = new Float64Array(found.length);
  let total = 0;
  for (const [index, [opens, closes]] of found.entries()) {
    before[index] = total;
    total += closes - opens;
  }
  return {
    starts: Float64Array.from(found, ([opens]) => opens),
    ends: Float64Array.from(found, ([, closes]) => closes),
    before,
    total,
  };
}

/** The index of the last value that is not above `value`; -1 where all are. */
function lastUpTo(values: Float64Array, value: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Business time from the beginning of a chunk to a moment in it. */
function passed({ starts, ends, before }: Chunk, time: number): number {
  const index = lastUpTo(starts, time);
  if (index < 0) return 0;
  return (before[index] as number) + Math.min(time, ends[index] as number) - (starts[index] as number);
}

/** The first moment in a chunk by which `ms` of its business time have passed; `ms` is above 0 and at most its total. */
function momentOf({ starts, before }: Chunk, ms: number): number {
  // Of an opening that ends just then and the one after it, the first.
  let index = lastUpTo(before, ms);
  if (before[index] === ms) index--;
  return (starts[index] as number) + ms - (before[index] as number);
}

/**
 * Makes the arithmetic of a calendar. It costs less than a microsecond a question once the year in question is worked out,
 * which takes about a millisecond.
 *
 * @throws RangeError where no weekday has hours, since no moment would ever be reached
 */
export function businessCalendar(rules: CalendarRules): BusinessCalendar {
  if (!WEEKDAYS.some((day) => rules.hours[day]?.length)) throw new RangeError("a calendar needs business hours");
  const chunks = new Map<number, Chunk>();
  const chunkAt = (index: number): Chunk => {
    const known = chunks.get(index);
    if (known) return known;
    if (chunks.size >= MAX_CHUNKS) chunks.clear();
    const made = makeChunk(rules, index * CHUNK_MS);
    chunks.set(index, made);
    return made;
  };
  return {
    businessMsBetween(from, to) {
      if (to <= from) return 0;
      const [first, last] = [Math.floor(from / CHUNK_MS), Math.floor(to / CHUNK_MS)];
      let ms = passed(chunkAt(last), to) - passed(chunkAt(first), from);
      for (let index = first; index < last; index++) ms += chunkAt(index).total;
      return ms;
    },
    addBusinessMs(from, ms) {
      if (ms <= 0) return from;
      let index = Math.floor(from / CHUNK_MS);
      let left = ms + passed(chunkAt(index), from);
      for (; left > chunkAt(index).total; index++) left -= chunkAt(index).total;
      return momentOf(chunkAt(index), left);
    },
  };
}
