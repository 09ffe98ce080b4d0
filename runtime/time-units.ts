// Lengths of time, in milliseconds as clocks and timers count them.
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
/** A day that is not one of those of summer time: to count with in UTC, or for what is kept about so long. */
export const DAY_MS = 24 * HOUR_MS;
