// Figures of lengths of time: how many, their percentiles and their mean.
import type { DurationStatistics } from "#gen/deskwire/analytics/v1/metrics_pb.js";
import type { Lengths } from "./lengths.ts";
import { type Statistics, statistics } from "./percentiles.ts";
import type { Tally } from "./tally.ts";

const SHARES = [0.5, 0.9] as const;

/** The figures of lengths of time of one kind. */
export class SpanFigures {
  readonly #wall: Statistics;
  readonly #business: Statistics;

  /** @param shown the groups whose own figures are asked for */
  constructor(lengths: Lengths, { groups, frame }: Tally, shown: ReadonlySet<number>) {
    const buckets = frame.starts.length;
    const begins = lengths.begins();
    const { wall, business } = lengths.inOrder(begins);
    const of = (values: Int32Array) => statistics({ values, begins, groups, buckets, shown }, SHARES);
    [this.#wall, this.#business] = [of(wall), of(business)];
  }

  /** How many there are of a group in a bucket; of all groups, or over all buckets, where none is named. */
  count(group: number | undefined, bucket: number | undefined): number {
    return this.#wall.count(group, bucket);
  }

  /** Those by the clock on the wall; nothing where there are none. */
  wallClock(group: number | undefined, bucket: number | undefined): DurationStatistics | undefined {
    return durationsOf(this.#wall, group, bucket);
  }

  /** Those by the clock of business hours; nothing where there are none. */
  businessHours(group: number | undefined, bucket: number | undefined): DurationStatistics | undefined {
    return durationsOf(this.#business, group, bucket);
  }
}

function durationsOf(
  lengths: Statistics,
  group: number | undefined,
  bucket: number | undefined,
): DurationStatistics | undefined {
  const count = lengths.count(group, bucket);
  if (count === 0) return undefined;
  return {
    $typeName: "deskwire.analytics.v1.DurationStatistics",
    p50Seconds: lengths.percentile(group, bucket, 0),
    p90Seconds: lengths.percentile(group, bucket, 1),
    meanSeconds: Math.round((lengths.sum(group, bucket) / count) * 10) / 10,
  };
}
