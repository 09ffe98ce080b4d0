// What has been counted, as the contract says it.
//
// An answer may have thousands of sets of figures, a dozen messages each, so they are written out as the plain objects that they
// are: `create` would take longer than counting.
import { type Timestamp, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Category, Sentiment } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import {
  type AnswerMetrics,
  type CategoryCount,
  type Metrics,
  type MetricsBucket,
  MetricsKind,
  type MetricsSeries,
  type MoodMetrics,
  type TimeMetrics,
  type VolumeMetrics,
} from "#gen/deskwire/analytics/v1/metrics_pb.js";
import { Span } from "./fact-code.ts";
import { Answered } from "./facts.ts";
import { SpanFigures } from "./span-figures.ts";
import { BEFORE, Counter, type Tally } from "./tally.ts";

const CATEGORIES = 16;
const { kind } = Counter;
const [CREATED, RESOLVED, CLOSED] = [kind("created"), kind("resolved"), kind("closed")];
const [MERGED, REOPENED] = [kind("merged"), kind("reopened")];

/** What one set of figures is about: a group in a bucket, or all groups, or all buckets. */
interface Part {
  /** By `Counter`. */
  readonly counters: Float64Array;
  /** At its end. */
  readonly backlog: number;
  readonly group: number | undefined;
  readonly bucket: number | undefined;
}

/** Makes the figures of what was counted. */
export class Figures {
  readonly #tally: Tally;
  readonly #kinds: ReadonlySet<MetricsKind>;
  /** By `Span`. */
  readonly #lengths: readonly SpanFigures[];
  /** When each bucket begins, and when the last one ends. */
  readonly #times: readonly Timestamp[];

  /**
   * @param kinds which kinds of figures to make
   * @param shown the groups whose own figures are asked for
   */
  constructor(tally: Tally, kinds: ReadonlySet<MetricsKind>, shown: ReadonlySet<number>) {
    this.#tally = tally;
    this.#kinds = kinds;
    this.#lengths = tally.lengths.map((lengths) => new SpanFigures(lengths, tally, shown));
    const { starts, end } = tally.frame;
    this.#times = [...starts, end].map((seconds) => timestampFromMs(seconds * 1000));
  }

  /** The series of a group; of all groups together if none is named. `sized` asks for buckets. */
  series(group: number | undefined, sized: boolean): MetricsSeries {
    const tally = this.#tally;
    const { starts } = tally.frame;
    const groups = group === undefined ? Array.from({ length: tally.groups }, (_, index) => index) : [group];
    const cellsOf = (bucket: number) => groups.map((one) => tally.cell(one, bucket));
    const changeIn = (cells: readonly number[]) => cells.reduce((sum, cell) => sum + tally.change(cell), 0);
    let backlog = changeIn(cellsOf(BEFORE));
    const buckets: MetricsBucket[] = [];
    for (let bucket = 0; bucket < starts.length; bucket++) {
      const cells = cellsOf(bucket);
      backlog += changeIn(cells);
      if (!sized) continue;
      buckets.push({
        $typeName: "deskwire.analytics.v1.MetricsBucket",
        startTime: this.#times[bucket],
        endTime: this.#times[bucket + 1],
        metrics: this.#metrics({ counters: tally.counters(cells), backlog, group, bucket }),
      });
    }
    const counters = tally.counters(starts.flatMap((_, bucket) => cellsOf(bucket)));
    const overall = this.#metrics({ counters, backlog, group, bucket: undefined });
    return { $typeName: "deskwire.analytics.v1.MetricsSeries", overall, buckets };
  }

  #metrics(part: Part): Metrics {
    const kinds = this.#kinds;
    const { counters, backlog } = part;
    const metrics: Metrics = { $typeName: "deskwire.analytics.v1.Metrics" };
    if (kinds.has(MetricsKind.VOLUME)) metrics.volume = volumeOf(counters, backlog);
    if (kinds.has(MetricsKind.RESPONSE_TIME)) {
      metrics.firstResponse = this.#lengthsOf(part, Span.FIRST);
      metrics.nextResponse = this.#lengthsOf(part, Span.NEXT);
    }
    if (kinds.has(MetricsKind.RESOLUTION_TIME)) metrics.resolution = this.#lengthsOf(part, Span.RESOLUTION);
    if (kinds.has(MetricsKind.ANSWERS)) metrics.answers = answersOf(counters);
    if (kinds.has(MetricsKind.MOOD)) metrics.mood = moodOf(counters);
    return metrics;
  }

  #lengthsOf({ counters, group, bucket }: Part, span: number): TimeMetrics {
    const withinTarget = counters[Counter.met(span)] as number;
    const { count, wallClock, businessHours } = (this.#lengths[span] as SpanFigures).of(group, bucket);
    const times: TimeMetrics = { $typeName: "deskwire.analytics.v1.TimeMetrics", count, withinTarget };
    if (count === 0) return times;
    return Object.assign(times, { attainment: share(withinTarget, count), wallClock, businessHours });
  }
}

function volumeOf(counters: Float64Array, backlog: number): VolumeMetrics {
  const [resolved, reopened] = [counters[RESOLVED] as number, counters[REOPENED] as number];
  const volume: VolumeMetrics = {
    $typeName: "deskwire.analytics.v1.VolumeMetrics",
    created: counters[CREATED] as number,
    resolved,
    closed: counters[CLOSED] as number,
    merged: counters[MERGED] as number,
    reopened,
    backlog,
  };
  if (resolved > 0) volume.reopenRate = share(reopened, resolved);
  return volume;
}

function answersOf(counters: Float64Array): AnswerMetrics {
  const byAi = counters[Counter.replies(Answered.AI)] as number;
  const byPeople = counters[Counter.replies(Answered.PEOPLE)] as number;
  const answers: AnswerMetrics = {
    $typeName: "deskwire.analytics.v1.AnswerMetrics",
    ...{ byAi, byPeople },
    resolvedByAiAlone: counters[Counter.resolved(Answered.AI)] as number,
    resolvedByPeopleAlone: counters[Counter.resolved(Answered.PEOPLE)] as number,
    resolvedByBoth: counters[Counter.resolved(Answered.BOTH)] as number,
    resolvedWithoutAnswer: counters[Counter.resolved(Answered.NOBODY)] as number,
  };
  if (byAi + byPeople > 0) answers.aiShare = share(byAi, byAi + byPeople);
  return answers;
}

function moodOf(counters: Float64Array): MoodMetrics {
  const negative = counters[Counter.mood(Sentiment.NEGATIVE)] as number;
  const neutral = counters[Counter.mood(Sentiment.NEUTRAL)] as number;
  const positive = counters[Counter.mood(Sentiment.POSITIVE)] as number;
  const categories: CategoryCount[] = [];
  for (let category = 0; category < CATEGORIES; category++) {
    const count = counters[Counter.category(category)] as number;
    if (count > 0) {
      categories.push({ $typeName: "deskwire.analytics.v1.CategoryCount", category: category as Category, count });
    }
  }
  categories.sort((one, other) => other.count - one.count);
  const mood: MoodMetrics = { $typeName: "deskwire.analytics.v1.MoodMetrics", negative, neutral, positive, categories };
  const texts = negative + neutral + positive;
  if (texts > 0) mood.meanScore = rounded((counters[Counter.score] as number) / texts / 10_000);
  return mood;
}

const rounded = (value: number) => Math.round(value * 1000) / 1000;

/** A share to three digits. */
const share = (part: number, whole: number) => rounded(part / whole);
