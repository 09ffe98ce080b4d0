// What a policy file may say, key by key.
import { z } from "zod";
import { nearest } from "../nearest.ts";
import { HOUR_MS, MINUTE_MS } from "../time-units.ts";
import { type DaySpan, WEEKDAYS } from "./calendar.ts";
import { isTimeZone } from "./zone-offsets.ts";

/** How much a ticket presses, for its targets. */
export const LEVELS = ["low", "normal", "high", "urgent"] as const;
/** What there are targets for. */
export const TARGETS = ["first_response", "next_response", "resolution"] as const;
/** What makes up the priority score. */
export const FACTORS = ["urgency", "waiting", "sentiment", "plan", "reopened", "follow_ups"] as const;

/** An object of exactly these keys; the error for another key names the one that was meant, or all. */
function object<S extends z.core.$ZodShape>(shape: S) {
  const keys = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== "unrecognized_keys") return `an object with the keys ${keys.join(", ")}`;
      const meant = (issue.keys as string[]).flatMap((key) => nearest(key, keys) ?? []);
      return `no such key; ${meant.length > 0 ? `did you mean ${meant.join(", ")}? ` : ""}Allowed: ${keys.join(", ")}`;
    },
  });
}

const each = <K extends string, T>(keys: readonly K[], value: T) =>
  Object.fromEntries(keys.map((key) => [key, value])) as Record<K, T>;

/** A text that `read` understands; undefined is what it does not. */
const text = <T>(allowed: string, read: (value: string) => T | undefined) =>
  z.string({ error: allowed }).transform((value, context) => {
    const result = read(value);
    if (result !== undefined) return result;
    context.addIssue({ code: "custom", message: allowed });
    return z.NEVER;
  });

function toMs(duration: string): number | undefined {
  const [, hours = 0, minutes = 0] = /^(?:(\d{1,5})h)?(?:(\d{1,5})m)?$/.exec(duration) ?? [];
  return Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS || undefined;
}

const SPAN = /^((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d|24:00)$/;

function toSpan(hours: string): DaySpan | undefined {
  const [, ...times] = SPAN.exec(hours) ?? [];
  const [start = 0, end = 0] = times.map((time) => {
    const [hour, minute] = time.split(":").map(Number);
    return Number(hour) * HOUR_MS + Number(minute) * MINUTE_MS;
  });
  return start < end ? { start, end } : undefined;
}

/** 2000 was a leap year, so that `02-29` is a day too. */
function toHoliday(day: string): string | undefined {
  const date = /^\d\d-\d\d$/.test(day) ? `2000-${day}` : day;
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) return undefined;
  const time = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date) ? day : undefined;
}

const span = text("hours of one day such as 09:00-17:00; hours over midnight are two, -24:00 and 00:00-", toSpan);
const inOrder = (spans: readonly DaySpan[]) =>
  spans.every(({ start }, i) => i === 0 || start >= (spans[i - 1]?.end ?? 0));
const spans = z
  .array(span, { error: "a list of hours such as 09:00-17:00" })
  .refine(inOrder, { error: "hours in their order that do not overlap" });
const hours = object(each(WEEKDAYS, spans.optional())).refine((week) => WEEKDAYS.some((day) => week[day]?.length), {
  error: "hours on one weekday at least",
});

const target = object({
  within: text("a time such as 4h, 30m or 1h30m", toMs),
  clock: z.enum(["business_hours", "around_the_clock"], { error: "business_hours or around_the_clock" }),
});
const plans = { error: "an object whose keys are plans" };
const points = z.int({ error: "a whole number from 0 to 100" }).min(0).max(100);
const flag = z.boolean({ error: "true or false" });

/** The whole of a policy; what a file leaves out is filled in before. */
export const policySchema = object({
  calendar: object({
    time_zone: text("an IANA time zone such as Europe/Berlin", (name) => (isTimeZone(name) ? name : undefined)),
    business_hours: hours,
    holidays: z.array(text("a day such as 2026-12-25, or 12-25 for every year", toHoliday), {
      error: "a list of days such as 2026-12-25",
    }),
  }),
  targets: object(each(LEVELS, object(each(TARGETS, target)))),
  plan_targets: z.record(z.string(), object(each(LEVELS, object(each(TARGETS, target.optional())).optional())), plans),
  pause_while_waiting_on_customer: flag,
  ai_reply_stops_first_response: flag,
  priority: object({
    weights: object(each(FACTORS, points)).refine(
      (weights) => FACTORS.reduce((sum, factor) => sum + weights[factor], 0) === 100,
      { error: "weights that add up to 100" },
    ),
    plans: z.record(z.string(), z.number({ error: "a number from 0 to 1" }).min(0).max(1), plans),
  }),
});

/** A policy file that was checked, its times in milliseconds. */
export type PolicyFile = z.output<typeof policySchema>;
