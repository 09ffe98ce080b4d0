// What has been counted, as the contract says it.
//
// An answer may have thousands of sets of figures, a dozen messages each, so they are written out as the plain objects that they
// are: `create` would take longer than counting.
import { type Category, Sentiment } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import {
  type AnswerMetrics,
  type CategoryCount,
  type Metrics,
  MetricsKind,
  type MoodMetrics,
  type TimeMetrics,
  type VolumeMetrics,
} from "#gen/deskwire/analytics/v1/metrics_pb.js";
import { COUNTERS, Counter } from "./counters.ts";
import { Span } from "./fact-code.ts";
import { Answered } from "./facts.ts";
import { spanFigures } from "./span-figures.ts";
import type { Tally } from "./tally.ts";

const CATEGORIES = 16;
const { kind } = Counter;
const [CREATED, RESOLVED, CLOSED] = [kind("created"), kind("resolved"), kind("closed")];
const [MERGED, REOPENED] = [kind("merged"), kind("reopened")];

/** Makes the figures of a group in a bucket; of its kinds those that are asked for. */
export function figuresOf(tally: Tally, kinds: ReadonlySet<MetricsKind>, group: number, bucket: number): Metrics {
  const cell = tally.cell(group, bucket);
  const counters = tally.counters.subarray(cell * COUNTERS, (cell + 1) * COUNTERS);
  const timesOf = (span: number): TimeMetrics => {
    const { count, wallClock, businessHours } = spanFigures(tally, span, group, bucket);
    const withinTarget = counters[Counter.met(span)] as number;
    return {
      $typeName: "deskwire.analytics.v1.TimeMetrics",
      ...{ count, withinTarget, attainment: share(withinTarget, count), wallClock, businessHours },
    };
  };
  const [responses, resolutions] = [kinds.has(MetricsKind.RESPONSE_TIME), kinds.has(MetricsKind.RESOLUTION_TIME)];
  return {
    $typeName: "deskwire.analytics.v1.Metrics",
    volume: kinds.has(MetricsKind.VOLUME) ? volumeOf(counters) : undefined,
    firstResponse: responses ? timesOf(Span.FIRST) : undefined,
    nextResponse: responses ? timesOf(Span.NEXT) : undefined,
    resolution: resolutions ? timesOf(Span.RESOLUTION) : undefined,
    answers: kinds.has(MetricsKind.ANSWERS) ? answersOf(counters) : undefined,
    mood: kinds.has(MetricsKind.MOOD) ? moodOf(counters, tally.scores[cell] as number) : undefined,
  };
}

/** The figures with the backlog there was. */
export const withBacklog = ({ volume, ...others }: Metrics, backlog: number): Metrics => ({
  ...others,
  volume: volume && { ...volume, backlog },
});

function volumeOf(counters: Int32Array): VolumeMetrics {
  const [resolved, reopened] = [counters[RESOLVED] as number, counters[REOPENED] as number];
  return {
    $typeName: "deskwire.analytics.v1.VolumeMetrics",
    created: counters[CREATED] as number,
    resolved,
    closed: counters[CLOSED] as number,
    merged: counters[MERGED] as number,
    ...{ reopened, backlog: 0 },
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
