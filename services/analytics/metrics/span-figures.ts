// Figures of lengths of time: how many, their percentiles and their mean.
import type { DurationStatistics } from "#gen/deskwire/analytics/v1/metrics_pb.js";
import { SortedRuns, select } from "./sorted-runs.ts";
import type { Tally } from "./tally.ts";

/** The rank, from 0 on, of a percentile by nearest rank: the smallest number such that the share of all are not greater. */
const rankOf = (count: number, share: number) => Math.max(Math.ceil(share * count) - 1, 0);

/** The figures of lengths of time by the clock on the wall and by that of business hours; nothing where there are none. */
export interface SpanFigures {
  readonly count: number;
  readonly wallClock: DurationStatistics | undefined;
  readonly businessHours: DurationStatistics | undefined;
}

/** The figures of a group's lengths in a bucket. */
export function spanFigures(tally: Tally, span: number, group: number, bucket: number): SpanFigures {
  const [wall, business] = numbersOf(tally, span, group, bucket);
  return { count: wall.count, wallClock: durationsOf(wall), businessHours: durationsOf(business) };
}

/** Numbers, whose sum is known, and from which those of some ranks can be taken. */
type Numbers = Pick<SortedRuns, "count" | "sum" | "ofRanks">;

/** Lengths by the clock on the wall, and by that of business hours. */
function numbersOf(tally: Tally, span: number, group: number, bucket: number): [Numbers, Numbers] {
  const loose = tally.loose[span];
  if (loose) {
    const cell = tally.cell(group, bucket);
    const [begin, end] = [loose.begins[cell], loose.begins[cell + 1]];
    return [looseNumbers(loose.wall.subarray(begin, end)), looseNumbers(loose.business.subarray(begin, end))];
  }
  const [wall, business] = [new SortedRuns(), new SortedRuns()];
  for (const { lengths, cell } of tally.lengthsOf(span, group, bucket)) {
    wall.add(lengths.wall, cell);
    business.add(lengths.business, cell);
  }
  return [wall, business];
}

/** Numbers in any order, which changes. */
function looseNumbers(values: Int32Array): Numbers {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index] as number;
  return { count: values.length, sum, ofRanks: (ranks) => ranks.map((rank) => select(values, values.length, rank)) };
}

function durationsOf(lengths: Numbers): DurationStatistics | undefined {
  const { count, sum } = lengths;
  if (count === 0) return undefined;
  const [p50Seconds = 0, p90Seconds = 0] = lengths.ofRanks([rankOf(count, 0.5), rankOf(count, 0.9)]);
  return {
    $typeName: "deskwire.analytics.v1.DurationStatistics",
    ...{ p50Seconds, p90Seconds, meanSeconds: Math.round((sum / count) * 10) / 10 },
  };
}
