// The figures of a group over time: of the window as a whole, and of each bucket.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { MetricsBucket, MetricsSeries } from "#gen/deskwire/analytics/v1/metrics_pb.js";
import type { Window } from "./buckets.ts";
import type { Grouping } from "./cells.ts";
import { countBuckets, type Sources } from "./count-facts.ts";
import { figuresOf, withBacklog } from "./figures.ts";
import type { BucketFigures } from "./finished-buckets.ts";
import type { Question } from "./question.ts";
import { BEFORE, type Tally } from "./tally.ts";

/** How much time is counted at once, in seconds, unless a bucket is longer: so counting takes little memory, and lets others through. */
const AT_ONCE = 14 * 24 * 60 * 60;

/** Groups whose buckets are asked for. */
interface Groups {
  /** By these alone, in this order. */
  readonly grouping: Grouping;
  readonly groups: readonly number[];
  /** The name of the grouping in which they have these numbers. */
  readonly name: string;
}

/** The figures of groups in each bucket, by the number of the group. */
export async function bucketsOf(
  sources: Sources,
  question: Question,
  { grouping, groups, name }: Groups,
): Promise<ReadonlyMap<number, BucketFigures>[]> {
  const { cache, entries, pass } = sources;
  const { kinds } = question;
  const buckets = windowsOf(question);
  const keptAs = `${name} ${[...kinds].sort()}`;
  const found = buckets.map((bucket) => cache.finished.find(keptAs, bucket, groups, entries));
  const figures: ReadonlyMap<number, BucketFigures>[] = [];
  for (let from = 0; from < buckets.length; ) {
    const kept = found[from];
    if (kept) {
      figures.push(kept);
      from++;
      continue;
    }
    const { start } = buckets[from] as Window;
    const next = buckets.findIndex(({ end }, bucket) => bucket > from && (found[bucket] || end > start + AT_ONCE));
    const missing = buckets.slice(from, next < 0 ? buckets.length : next);
    const starts = missing.map(({ start }) => start);
    const frame = { start: starts[0] as number, end: (missing.at(-1) as Window).end, starts };
    const tally = await countBuckets(sources, { frame, grouping, kinds });
    for (const [at, bucket] of missing.entries()) {
      const counted = new Map<number, BucketFigures>();
      for (const [place, group] of groups.entries()) {
        counted.set(group, { metrics: figuresOf(tally, kinds, place, at), change: tally.change(place, at) });
        await pass();
      }
      cache.finished.keep(keptAs, bucket, counted, entries);
      figures.push(counted);
    }
    from += missing.length;
  }
  return figures;
}

/** The buckets, in seconds since 1970. */
function windowsOf({ frame, buckets }: Question): Window[] {
  return buckets.map((start, bucket) => ({ start, end: buckets[bucket + 1] ?? frame.end }));
}

/** The series of a group, which has a number in the tally of the whole window and maybe another one among the buckets. */
export function seriesOf(
  question: Question,
  whole: { readonly tally: Tally; readonly group: number },
  buckets: readonly (BucketFigures | undefined)[],
): MetricsSeries {
  const { tally, group } = whole;
  const windows = windowsOf(question);
  let backlog = tally.change(group, BEFORE);
  const overall = withBacklog(figuresOf(tally, question.kinds, group, 0), backlog + tally.change(group, 0));
  return {
    $typeName: "deskwire.analytics.v1.MetricsSeries",
    overall,
    buckets: buckets.flatMap((figures, bucket): MetricsBucket[] => {
      const window = windows[bucket];
      if (!figures || !window) return [];
      backlog += figures.change;
      return [
        {
          $typeName: "deskwire.analytics.v1.MetricsBucket",
          startTime: timestampFromMs(window.start * 1000),
          endTime: timestampFromMs(window.end * 1000),
          metrics: withBacklog(figures.metrics, backlog),
        },
      ];
    }),
  };
}
