// Times of rows as messages. `create` looks at every field of a message by its descriptor; what rows are read into is written
// out as an object instead, which takes a fraction of the time and has the compiler see that no field is missing.
import { toJson } from "@bufbuild/protobuf";
import { type Timestamp, TimestampSchema } from "@bufbuild/protobuf/wkt";

/** A time in milliseconds UTC as a message. */
export function toTimestamp(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1000);
  return {
    $typeName: "google.protobuf.Timestamp",
    seconds: BigInt(seconds),
    nanos: (ms - seconds * 1000) * 1_000_000,
  };
}

/** As `toTimestamp`; undefined for null. */
export function toTimestampIf(ms: number | null): Timestamp | undefined {
  return ms === null ? undefined : toTimestamp(ms);
}

const DAY_S = 86_400;
const MAX_DAYS = 2_000;
/** Days as text, such as `2026-02-28T`: a desk has few, and Node takes a microsecond to write one. Forgotten when they are too many. */
const days = new Map<number, string>();
const twoDigits = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, "0"));

/**
 * A time as ProtoJSON has it (RFC 3339, UTC).
 *
 * Throws an Error for one that is not of the years 1 to 9999.
 */
export function timestampText(time: Timestamp): string {
  const ms = time.nanos / 1_000_000;
  const seconds = Number(time.seconds);
  // Whatever a desk does not make itself.
  if (!Number.isInteger(ms) || ms < 0 || ms > 999 || seconds < 0 || seconds >= 4_000_000_000)
    return toJson(TimestampSchema, time);
  const day = Math.floor(seconds / DAY_S);
  let text = days.get(day);
  if (text === undefined) {
    text = new Date(day * DAY_S * 1_000).toISOString().slice(0, "2026-02-28T".length);
    if (days.size >= MAX_DAYS) days.clear();
    days.set(day, text);
  }
  const rest = seconds - day * DAY_S;
  const clock = `${twoDigits[Math.floor(rest / 3_600)]}:${twoDigits[Math.floor(rest / 60) % 60]}:${twoDigits[rest % 60]}`;
  return ms === 0 ? `${text}${clock}Z` : `${text}${clock}.${String(ms).padStart(3, "0")}Z`;
}
