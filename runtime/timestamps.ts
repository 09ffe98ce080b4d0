// Times of rows as messages. `create` looks at every field of a message by its descriptor; what rows are read into is written
// out as an object instead, which takes a fraction of the time and has the compiler see that no field is missing.
import type { Timestamp } from "@bufbuild/protobuf/wkt";

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
