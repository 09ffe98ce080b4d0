// Streams of figures: as they are, then whenever they have changed.
import { equals } from "@bufbuild/protobuf";
import { MetricsSchema } from "#gen/deskwire/analytics/v1/metrics_pb.js";
import type { GetMetricsResponse } from "#gen/deskwire/analytics/v1/metrics_service_pb.js";
import type { Bell } from "../../../runtime/background/bell.ts";
import { pause } from "../../../runtime/background/pause.ts";

const DEFAULT_INTERVAL_SECONDS = 5;

/** How a stream is paced, and what ends it. */
export interface WatchOptions {
  readonly bell: Bell;
  /** Seconds between two answers at least; 0 for the default. */
  readonly intervalSeconds: number;
  readonly signal: AbortSignal;
}

/** All figures of an answer, without the times that move on by themselves. */
function figuresOf({ total, groups }: GetMetricsResponse) {
  return [total, ...groups.map(({ series }) => series)].flatMap((series) => [
    series?.overall,
    ...(series?.buckets.map(({ metrics }) => metrics) ?? []),
  ]);
}

/** Whether two answers say the same, whenever they were given. */
function isSame(one: GetMetricsResponse, other: GetMetricsResponse): boolean {
  const [mine, theirs] = [figuresOf(one), figuresOf(other)];
  if (mine.length !== theirs.length || one.progress?.complete !== other.progress?.complete) return false;
  if (one.groups.some(({ key }, index) => key !== other.groups[index]?.key)) return false;
  return mine.every((metrics, index) => {
    const their = theirs[index];
    return metrics && their ? equals(MetricsSchema, metrics, their) : metrics === their;
  });
}

/** Yields an answer at once, then one whenever it has changed, until `signal` is aborted. */
export async function* watchMetrics(
  ask: () => Promise<GetMetricsResponse>,
  { bell, intervalSeconds, signal }: WatchOptions,
): AsyncGenerator<GetMetricsResponse> {
  const pauseMs = (intervalSeconds || DEFAULT_INTERVAL_SECONDS) * 1000;
  let last: GetMetricsResponse | undefined;
  while (!signal.aborted) {
    // Taken before the look, so that what is counted in between is not slept over.
    const news = bell.next(signal);
    const answer = await ask();
    if (!last || !isSame(last, answer)) yield answer;
    last = answer;
    await pause(pauseMs, signal);
    await news;
  }
}
