// Streams of figures: as they are, then whenever they have changed.
import { setTimeout as delay } from "node:timers/promises";
import { equals } from "@bufbuild/protobuf";
import {
  type GetMetricsResponse,
  type MetricsSeries,
  MetricsSeriesSchema,
} from "#gen/deskwire/analytics/v1/metrics_pb.js";
import type { FactBell } from "./fact-bell.ts";

const DEFAULT_INTERVAL_SECONDS = 5;

/** How a stream is paced, and what ends it. */
export interface WatchOptions {
  readonly bell: FactBell;
  /** Seconds between two answers at least; 0 for the default. */
  readonly intervalSeconds: number;
  readonly signal: AbortSignal;
}

/** Whether two answers say the same. */
export type IsSame = (one: GetMetricsResponse, other: GetMetricsResponse) => boolean;

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
    await delay(pauseMs, undefined, { signal }).catch(() => {});
    await news;
  }
}
