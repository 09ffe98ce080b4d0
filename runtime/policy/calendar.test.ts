import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../time-units.ts";
import { businessCalendar, type CalendarRules, type DaySpan, WEEKDAYS, type Weekday } from "./calendar.ts";

/** Six days, around the one that is odd. */
const MINUTES = 6 * 24 * 60;

/** Zones with the days around which their clocks do something odd. */
const ODD_DAYS: readonly (readonly [zone: string, day: string])[] = [
  ["Europe/Berlin", "2026-03-29"],
  ["Europe/Berlin", "2026-10-25"],
  ["America/New_York", "2026-03-08"],
  ["America/New_York", "2026-11-01"],
  // Daylight saving time of half an hour.
  ["Australia/Lord_Howe", "2026-04-05"],
  ["Australia/Lord_Howe", "2026-10-04"],
  // Twice within six weeks, for Ramadan.
  ["Africa/Casablanca", "2026-02-15"],
  ["Africa/Casablanca", "2026-03-22"],
  // Midnight does not exist on the day it begins.
  ["America/Sao_Paulo", "2018-11-04"],
  // A day that was left out altogether.
  ["Pacific/Apia", "2011-12-30"],
  ["Asia/Kathmandu", "2026-06-01"],
  ["UTC", "2026-12-31"],
];

/** What the wall clock shows in a minute. */
interface Shown {
  readonly weekday: Weekday;
  /** `2026-03-29`. */
  readonly date: string;
  /** Milliseconds since midnight. */
  readonly time: number;
}

/** What the wall clock of a zone shows in each of the minutes from `from` on, as Intl has it. */
function wallClock(timeZone: string, from: number, minutes: number): Shown[] {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    weekday: "long",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  return Array.from({ length: minutes }, (_, index) => {
    const parts = format.formatToParts(from + index * MINUTE_MS).map(({ type, value }) => [type, value]);
    const { weekday = "", year, month, day, hour, minute } = Object.fromEntries(parts) as Record<string, string>;
    return {
      weekday: weekday.toLowerCase() as Weekday,
      date: `${year}-${month}-${day}`,
      time: Number(hour) * HOUR_MS + Number(minute) * MINUTE_MS,
    };
  });
}

function isOpen({ hours, holidays }: CalendarRules, { weekday, date, time }: Shown): boolean {
  if (holidays.includes(date) || holidays.includes(date.slice(5))) return false;
  return (hours[weekday] ?? []).some(({ start, end }) => start <= time && time < end);
}

const quarters = fc.integer({ min: 0, max: 96 });
/** Up to three spans, by quarters of an hour. */
const spans = fc.uniqueArray(quarters, { maxLength: 6 }).map((cuts) => {
  const sorted = cuts.sort((a, b) => a - b);
  const pairs = Array.from({ length: Math.floor(sorted.length / 2) }, (_, i) => sorted.slice(2 * i, 2 * i + 2));
  return pairs.map(([start = 0, end = 0]): DaySpan => ({ start: start * 15 * MINUTE_MS, end: end * 15 * MINUTE_MS }));
});
const week = fc.record(Object.fromEntries(WEEKDAYS.map((day) => [day, spans])) as Record<Weekday, typeof spans>);

test.each(ODD_DAYS)("agrees with the wall clock, minute by minute, in %s around %s", (timeZone, day) => {
  const middle = Date.parse(`${day}T00:00:00Z`);
  const from = middle - 3 * DAY_MS;
  const near = new Date(middle + DAY_MS).toISOString().slice(0, 10);
  const holidays = fc.constantFrom([], [near], [near.slice(5)], [day]);
  const shown = wallClock(timeZone, from, MINUTES);
  const minutes = fc.integer({ min: 0, max: MINUTES });
  const property = fc.property(week, holidays, fc.array(fc.tuple(minutes, minutes)), (hours, days, stretches) => {
    fc.pre(WEEKDAYS.some((name) => hours[name].length > 0));
    const rules = { timeZone, hours, holidays: days };
    const calendar = businessCalendar(rules);
    const passed = [0];
    for (const [index, minute] of shown.entries()) {
      passed.push((passed[index] as number) + (isOpen(rules, minute) ? MINUTE_MS : 0));
    }
    for (const [a, b] of stretches) {
      const [first, last] = a < b ? [a, b] : [b, a];
      const [start, end] = [from + first * MINUTE_MS, from + last * MINUTE_MS];
      const between = (passed[last] as number) - (passed[first] as number);
      expect(calendar.businessMsBetween(start, end)).toBe(between);
      if (between === 0) continue;
      const reached = from + passed.indexOf((passed[first] as number) + between) * MINUTE_MS;
      expect(calendar.addBusinessMs(start, between)).toBe(reached);
    }
  });
  fc.assert(property, { numRuns: 40 });
});

const OFFICE: CalendarRules = {
  timeZone: "Europe/Berlin",
  hours: Object.fromEntries(
    ["monday", "tuesday", "wednesday", "thursday", "friday"].map((day) => [
      day,
      [
        { start: 9 * HOUR_MS, end: 12 * HOUR_MS },
        { start: 13 * HOUR_MS, end: 17 * HOUR_MS },
      ],
    ]),
  ),
  holidays: ["12-25", "2026-12-28"],
};
const at = (time: string) => Date.parse(time);

describe("a desk in Berlin with a lunch break", () => {
  const calendar = businessCalendar(OFFICE);

  test("four hours from Thursday afternoon before Christmas end on Tuesday morning", () => {
    const due = calendar.addBusinessMs(at("2026-12-24T15:00:00+01:00"), 4 * HOUR_MS);
    expect(new Date(due).toISOString()).toBe("2026-12-29T10:00:00.000Z");
  });

  test("a target that is used up at closing time ends then, not the next morning", () => {
    expect(calendar.addBusinessMs(at("2026-11-24T16:00:00+01:00"), HOUR_MS)).toBe(at("2026-11-24T17:00:00+01:00"));
  });

  test("milliseconds count, across years and from before 1970 as well", () => {
    const [from, to] = [at("2026-11-24T16:59:59.999+01:00"), at("2026-11-25T09:00:00.002+01:00")];
    expect(calendar.businessMsBetween(from, to)).toBe(3);
    expect(calendar.addBusinessMs(from, 3)).toBe(to);
    const years = calendar.businessMsBetween(at("1969-01-01T00:00:00Z"), at("2026-01-01T00:00:00Z"));
    expect(years / HOUR_MS).toBeGreaterThan(57 * 250 * 7);
  });

  test("between and add are the inverse of each other from any moment on", () => {
    const times = fc.integer({ min: at("1960-01-01T00:00:00Z"), max: at("2100-01-01T00:00:00Z") });
    const property = fc.property(times, fc.integer({ min: 1, max: 3_000 * HOUR_MS }), (from, ms) => {
      const end = calendar.addBusinessMs(from, ms);
      expect(calendar.businessMsBetween(from, end)).toBe(ms);
      expect(calendar.businessMsBetween(from, end - 1)).toBe(ms - 1);
    });
    fc.assert(property, { numRuns: 300 });
  });

  test("no time passes backwards, and none in no time", () => {
    expect(calendar.businessMsBetween(at("2026-11-25T12:00:00Z"), at("2026-11-24T12:00:00Z"))).toBe(0);
    expect(calendar.addBusinessMs(1_000, 0)).toBe(1_000);
  });
});

test("a calendar without hours is refused: no target would ever be reached", () => {
  expect(() => businessCalendar({ ...OFFICE, hours: { monday: [] } })).toThrow(RangeError);
});
