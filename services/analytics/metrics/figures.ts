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
  readonly cells: readonly number[];
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
        metrics: this.#metrics({ cells, backlog, group, bucket }),
      });
    }
    const cells = starts.flatMap((_, bucket) => cellsOf(bucket));
    const overall = this.#metrics({ cells, backlog, group, bucket: undefined });
    return { $typeName: "deskwire.analytics.v1.MetricsSeries", overall, buckets };
  }

  #metrics(part: Part): Metrics {
    const [tally, kinds] = [this.#tally, this.#kinds];
    const { cells, backlog } = part;
    const counters = tally.counters(cells);
    const [responses, resolutions] = [kinds.has(MetricsKind.RESPONSE_TIME), kinds.has(MetricsKind.RESOLUTION_TIME)];
    return {
      $typeName: "deskwire.analytics.v1.Metrics",
      volume: kinds.has(MetricsKind.VOLUME) ? volumeOf(counters, backlog) : undefined,
      firstResponse: responses ? this.#lengthsOf(part, Span.FIRST, counters) : undefined,
      nextResponse: responses ? this.#lengthsOf(part, Span.NEXT, counters) : undefined,
      resolution: resolutions ? this.#lengthsOf(part, Span.RESOLUTION, counters) : undefined,
      answers: kinds.has(MetricsKind.ANSWERS) ? answersOf(counters) : undefined,
      mood: kinds.has(MetricsKind.MOOD) ? moodOf(counters, tally.score(cells)) : undefined,
    };
  }

  #lengthsOf({ group, bucket }: Part, span: number, counters: Int32Array): TimeMetrics {
    const withinTarget = counters[Counter.met(span)] as number;
    const lengths = this.#lengths[span] as SpanFigures;
    const count = lengths.count(group, bucket);
    return {
      $typeName: "deskwire.analytics.v1.TimeMetrics",
      ...{ count, withinTarget, attainment: share(withinTarget, count) },
      wallClock: lengths.wallClock(group, bucket),
      businessHours: lengths.businessHours(group, bucket),
    };
  }
}

function volumeOf(counters: Int32Array, backlog: number): VolumeMetrics {
  const [resolved, reopened] = [counters[RESOLVED] as number, counters[REOPENED] as number];
  return {
    $typeName: "deskwire.analytics.v1.VolumeMetrics",
    created: counters[CREATED] as number,
    resolved,
    closed: counters[CLOSED] as number,
    merged: counters[MERGED] as number,
    ...{ reopened, backlog },
    reopenRate: share(reopened, resolved),
  };
}

function answersOf(counters: Int32Array): AnswerMetrics {
  const byAi = counters[Counter.replies(Answered.AI)] as number;
  const byPeople = counters[Counter.replies(Answered.PEOPLE)] as number;
  return {
    $typeName: "deskwire.analytics.v1.AnswerMetrics",
    ...{ byAi, byPeople, aiShare: share(byAi, byAi + byPeople) },
    resolvedByAiAlone: counters[Counter.resolved(Answered.AI)] as number,
    resolvedByPeopleAlone: counters[Counter.resolved(Answered.PEOPLE)] as number,
    resolvedByBoth: counters[Counter.resolved(Answered.BOTH)] as number,
    resolvedWithoutAnswer: counters[Counter.resolved(Answered.NOBODY)] as number,
  };
}

function moodOf(counters: Int32Array, score: number): MoodMetrics {
  const negative = counters[Counter.mood(Sentiment.NEGATIVE)] as number;
  const neutral = counters[Counter.mood(Sentiment.NEUTRAL)] as number;
  const positive = counters[Counter.mood(Sentiment.POSITIVE)] as number;
  const categories: CategoryCount[] = [];
  for (let category = 0; category < CATEGORIES; category++) {
    const count = counters[Counter.category(category)] as number;
    if (count === 0) continue;
    let place = categories.length;
    for (; place > 0 && (categories[place - 1] as CategoryCount).count < count; place--) {
      categories[place] = categories[place - 1] as CategoryCount;
    }
    categories[place] = { $typeName: "deskwire.analytics.v1.CategoryCount", category: category as Category, count };
  }
  const texts = negative + neutral + positive;
  const meanScore = texts > 0 ? rounded(score / texts / 10_000) : undefined;
  return { $typeName: "deskwire.analytics.v1.MoodMetrics", negative, neutral, positive, meanScore, categories };
}

const rounded = (value: number) => Math.round(value * 1000) / 1000;

/** A share to three digits; none where there is nothing to be a share of. */
const share = (part: number, whole: number) => (whole > 0 ? rounded(part / whole) : undefined);
