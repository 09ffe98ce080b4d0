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
import { Span } from "./chunk.ts";
import { Answered } from "./facts.ts";
import { Counter, type Lengths, type Tally } from "./fold.ts";
import { percentiles } from "./percentiles.ts";

const CATEGORIES = Array.from({ length: 16 }, (_, category) => category as Category);
const { kind } = Counter;

/** Lengths of time in the order of their cells, and where each cell's begin. */
interface ByCell {
  readonly wall: Uint32Array;
  readonly business: Uint32Array;
  readonly begins: Uint32Array;
}

function byCell({ cells, wall, business }: Lengths, cellCount: number): ByCell {
  const begins = new Uint32Array(cellCount + 1);
  const cellOf = cells;
  for (const cell of cellOf) begins[cell + 1] = (begins[cell + 1] as number) + 1;
  for (let cell = 0; cell < cellCount; cell++)
    begins[cell + 1] = (begins[cell + 1] as number) + (begins[cell] as number);
  const next = begins.slice();
  const [walls, businesses] = [new Uint32Array(cellOf.length), new Uint32Array(cellOf.length)];
  for (let index = 0; index < cellOf.length; index++) {
    const cell = cellOf[index] as number;
    const place = next[cell] as number;
    next[cell] = place + 1;
    walls[place] = wall[index] as number;
    businesses[place] = business[index] as number;
  }
  return { wall: walls, business: businesses, begins };
}

/** The numbers of some cells, side by side; without a copy where they are so already. */
function numbersOf(numbers: Uint32Array, begins: Uint32Array, cells: readonly number[]): Uint32Array {
  const range = (cell: number) => numbers.subarray(begins[cell] as number, begins[cell + 1] as number);
  if (cells.every((cell, index) => index === 0 || cell === (cells[index - 1] as number) + 1)) {
    return numbers.subarray(begins[cells[0] as number] as number, begins[(cells.at(-1) as number) + 1] as number);
  }
  const parts = cells.map(range);
  const all = new Uint32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function statistics(seconds: Uint32Array) {
  if (seconds.length === 0) return undefined;
  const [p50Seconds = 0, p90Seconds = 0] = percentiles(seconds, [0.5, 0.9]);
  let sum = 0;
  for (let index = 0; index < seconds.length; index++) sum += seconds[index] as number;
  return { p50Seconds, p90Seconds, meanSeconds: Math.round((sum / seconds.length) * 10) / 10 };
}

/** Makes the figures of what was counted. */
export class Figures {
  readonly #tally: Tally;
  readonly #kinds: ReadonlySet<MetricsKind>;
  readonly #lengths: readonly ByCell[];

  /** @param kinds which kinds of figures to make */
  constructor(tally: Tally, kinds: ReadonlySet<MetricsKind>) {
    this.#tally = tally;
    this.#kinds = kinds;
    this.#lengths = tally.lengths.map((lengths) => byCell(lengths, tally.changes.length));
  }

  /** The series of a group; of all groups together if none is named. `sized` asks for buckets. */
  series(group: number | undefined, sized: boolean): MetricsSeries {
    const { frame, grouping, buckets } = this.#tally;
    const groups = group === undefined ? Array.from({ length: grouping.groups }, (_, index) => index) : [group];
    const all = groups.flatMap((one) => Array.from({ length: buckets }, (_, bucket) => one * buckets + bucket));
    let backlog = groups.reduce((sum, one) => sum + (this.#tally.before[one] as number), 0);
    const parts = frame.starts.map((start, bucket) => {
      const cells = groups.map((one) => one * buckets + bucket);
      backlog += this.#sum(cells, (cell) => this.#tally.changes[cell] as number);
      const end = frame.starts[bucket + 1] ?? frame.end;
      const times = { startTime: timestampFromMs(start * 1000), endTime: timestampFromMs(end * 1000) };
      return sized ? { ...times, metrics: this.#metrics(cells, backlog) } : undefined;
    });
    const overall = this.#metrics(all, backlog);
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

  #metrics(cells: readonly number[], backlog: number): MessageInitShape<typeof MetricsSchema> {
    const wants = (one: MetricsKind) => this.#kinds.has(one);
    return {
      ...(wants(MetricsKind.VOLUME) && { volume: this.#volume(cells, backlog) }),
      ...(wants(MetricsKind.RESPONSE_TIME) && {
        firstResponse: this.#times(cells, Span.FIRST),
        nextResponse: this.#times(cells, Span.NEXT),
      }),
      ...(wants(MetricsKind.RESOLUTION_TIME) && { resolution: this.#times(cells, Span.RESOLUTION) }),
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

  #times(cells: readonly number[], span: number): MessageInitShape<typeof TimeMetricsSchema> {
    const { wall, business, begins } = this.#lengths[span] as ByCell;
    const walls = numbersOf(wall, begins, cells);
    const count = walls.length;
    const withinTarget = this.#count(cells, Counter.met(span));
    const [wallClock, businessHours] = [statistics(walls), statistics(numbersOf(business, begins, cells))];
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
