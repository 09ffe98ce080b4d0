// Figures of lengths of time: how many, their percentiles and their mean.
import type { DurationStatistics } from "#gen/deskwire/analytics/v1/metrics_pb.js";
import type { InOrder, Lengths } from "./lengths.ts";
import { type Percentiles, percentiles } from "./percentiles.ts";
import type { Tally } from "./tally.ts";

const SHARES = [0.5, 0.9] as const;

/** Lengths by one of the clocks, with their percentiles. */
interface ClockFigures {
  readonly sums: Float64Array;
  readonly percentiles: Percentiles;
}

/** The figures of lengths of time of one kind. */
export class SpanFigures {
  readonly #begins: Uint32Array;
  readonly #groups: number;
  readonly #buckets: number;
  readonly #wall: ClockFigures;
  readonly #business: ClockFigures;

  /** @param shown the groups whose own figures are asked for */
  constructor(lengths: Lengths, { groups, frame }: Tally, shown: ReadonlySet<number>) {
    const buckets = frame.starts.length;
    const begins = lengths.begins();
    const { wall, business } = lengths.inOrder(begins);
    const figures = ({ values, sums }: InOrder): ClockFigures => ({
      sums,
      percentiles: percentiles({ values, begins, groups, buckets, shown }, SHARES),
    });
    [this.#begins, this.#groups, this.#buckets] = [begins, groups, buckets];
    [this.#wall, this.#business] = [figures(wall), figures(business)];
  }

  /** Those of a group in a bucket; of all groups, or over all buckets, where none is named. */
  of(group: number | undefined, bucket: number | undefined) {
    const buckets = this.#buckets;
    const [from, to] = group === undefined ? [0, this.#groups] : [group, group + 1];
    const [first, last] = bucket === undefined ? [0, buckets] : [bucket, bucket + 1];
    const sum = (of: (begin: number, end: number) => number) => {
      let total = 0;
      for (let row = from; row < to; row++) total += of(row * buckets + first, row * buckets + last);
      return total;
    };
    const begins = this.#begins;
    const count = sum((begin, end) => (begins[end] as number) - (begins[begin] as number));
    if (count === 0) return { count };
    const statistics = ({ sums, percentiles }: ClockFigures): DurationStatistics => {
      const [p50Seconds, p90Seconds] = [percentiles.of(group, bucket, 0), percentiles.of(group, bucket, 1)];
      const seconds = sum((begin, end) => {
        let total = 0;
        for (let cell = begin; cell < end; cell++) total += sums[cell] as number;
        return total;
      });
      const meanSeconds = Math.round((seconds / count) * 10) / 10;
      return { $typeName: "deskwire.analytics.v1.DurationStatistics", p50Seconds, p90Seconds, meanSeconds };
    };
    return { count, wallClock: statistics(this.#wall), businessHours: statistics(this.#business) };
  }
}
