// What has been counted, as the contract says it.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Category } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import { Sentiment } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import {
  MetricsKind,
  type MetricsSchema,
  type MetricsSeries,
  MetricsSeriesSchema,
  type TimeMetricsSchema,
} from "#gen/deskwire/analytics/v1/metrics_pb.js";
import { Span } from "./fact-code.ts";
import { Answered } from "./facts.ts";
import { SpanFigures } from "./span-figures.ts";
import { BEFORE, Counter, type Tally } from "./tally.ts";

const CATEGORIES = Array.from({ length: 16 }, (_, category) => category as Category);
const { kind } = Counter;

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

  /**
   * @param kinds which kinds of figures to make
   * @param shown the groups whose own figures are asked for
   */
  constructor(tally: Tally, kinds: ReadonlySet<MetricsKind>, shown: ReadonlySet<number>) {
    this.#tally = tally;
    this.#kinds = kinds;
    this.#lengths = tally.lengths.map((lengths) => new SpanFigures(lengths, tally, shown));
  }

  /** The series of a group; of all groups together if none is named. `sized` asks for buckets. */
  series(group: number | undefined, sized: boolean): MetricsSeries {
    const { frame } = this.#tally;
    const groups = group === undefined ? Array.from({ length: this.#tally.groups }, (_, index) => index) : [group];
    const cellsOf = (bucket: number) => groups.map((one) => this.#tally.cell(one, bucket));
    let backlog = this.#sum(cellsOf(BEFORE), (cell) => this.#tally.change(cell));
    const parts = frame.starts.map((start, bucket) => {
      const cells = cellsOf(bucket);
      backlog += this.#sum(cells, (cell) => this.#tally.change(cell));
      const end = frame.starts[bucket + 1] ?? frame.end;
      const times = { startTime: timestampFromMs(start * 1000), endTime: timestampFromMs(end * 1000) };
      return sized ? { ...times, metrics: this.#metrics({ cells, backlog, group, bucket }) } : undefined;
    });
    const all = frame.starts.flatMap((_, bucket) => cellsOf(bucket));
    const overall = this.#metrics({ cells: all, backlog, group, bucket: undefined });
    return create(MetricsSeriesSchema, { overall, buckets: parts.filter((part) => part !== undefined) });
  }

  #sum(cells: readonly number[], value: (cell: number) => number): number {
    let sum = 0;
    for (const cell of cells) sum += value(cell);
    return sum;
  }

  #count(cells: readonly number[], counter: number): number {
    return this.#sum(cells, (cell) => this.#tally.counter(cell, counter));
  }

  #metrics(part: Part): MessageInitShape<typeof MetricsSchema> {
    const wants = (one: MetricsKind) => this.#kinds.has(one);
    const { cells, backlog } = part;
    return {
      ...(wants(MetricsKind.VOLUME) && { volume: this.#volume(cells, backlog) }),
      ...(wants(MetricsKind.RESPONSE_TIME) && {
        firstResponse: this.#times(part, Span.FIRST),
        nextResponse: this.#times(part, Span.NEXT),
      }),
      ...(wants(MetricsKind.RESOLUTION_TIME) && { resolution: this.#times(part, Span.RESOLUTION) }),
      ...(wants(MetricsKind.ANSWERS) && { answers: this.#answers(cells) }),
      ...(wants(MetricsKind.MOOD) && { mood: this.#mood(cells) }),
    };
  }

  #volume(cells: readonly number[], backlog: number) {
    const [resolved, reopened] = [this.#count(cells, kind("resolved")), this.#count(cells, kind("reopened"))];
    return {
      created: this.#count(cells, kind("created")),
      resolved,
      closed: this.#count(cells, kind("closed")),
      merged: this.#count(cells, kind("merged")),
      reopened,
      ...share("reopenRate", reopened, resolved),
      backlog,
    };
  }

  #times({ cells, group, bucket }: Part, span: number): MessageInitShape<typeof TimeMetricsSchema> {
    const withinTarget = this.#count(cells, Counter.met(span));
    const { count, wallClock, businessHours } = (this.#lengths[span] as SpanFigures).of(group, bucket);
    return {
      ...{ count, withinTarget, ...share("attainment", withinTarget, count) },
      ...(wallClock && businessHours && { wallClock, businessHours }),
    };
  }

  #answers(cells: readonly number[]) {
    const byAi = this.#count(cells, Counter.replies(Answered.AI));
    const byPeople = this.#count(cells, Counter.replies(Answered.PEOPLE));
    return {
      ...{ byAi, byPeople, ...share("aiShare", byAi, byAi + byPeople) },
      resolvedByAiAlone: this.#count(cells, Counter.resolved(Answered.AI)),
      resolvedByPeopleAlone: this.#count(cells, Counter.resolved(Answered.PEOPLE)),
      resolvedByBoth: this.#count(cells, Counter.resolved(Answered.BOTH)),
      resolvedWithoutAnswer: this.#count(cells, Counter.resolved(Answered.NOBODY)),
    };
  }

  #mood(cells: readonly number[]) {
    const [negative = 0, neutral = 0, positive = 0] = [Sentiment.NEGATIVE, Sentiment.NEUTRAL, Sentiment.POSITIVE].map(
      (sentiment) => this.#count(cells, Counter.mood(sentiment)),
    );
    const texts = negative + neutral + positive;
    const counted = CATEGORIES.map((category) => ({ category, count: this.#count(cells, Counter.category(category)) }));
    return {
      ...{ negative, neutral, positive },
      ...(texts > 0 && { meanScore: rounded(this.#count(cells, Counter.score) / texts / 10_000) }),
      categories: counted.filter(({ count }) => count > 0).sort((one, other) => other.count - one.count),
    };
  }
}

const rounded = (value: number) => Math.round(value * 1000) / 1000;

/** A share to three digits; nothing where there is nothing to be a share of. */
function share<Name extends string>(name: Name, part: number, whole: number): Partial<Record<Name, number>> {
  return whole > 0 ? ({ [name]: rounded(part / whole) } as Record<Name, number>) : {};
}
