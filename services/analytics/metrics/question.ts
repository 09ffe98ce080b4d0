// What GetMetrics is asked, checked and filled in.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { MetricsBucketSize, MetricsGrouping, MetricsKind } from "#gen/deskwire/analytics/v1/metrics_pb.js";
import type { GetMetricsRequest, MetricsFilter } from "#gen/deskwire/analytics/v1/metrics_service_pb.js";
import { fail } from "../../../runtime/errors.ts";
import { bucketStarts, bucketsAtMost, type Window } from "./buckets.ts";
import type { Frame } from "./cells.ts";
import { toSeconds } from "./fact-code.ts";

const DEFAULT_SECONDS = 7 * 24 * 60 * 60;
const MAX_BUCKETS = 1_000;
/** Groups by buckets: what one answer may hold. */
const MAX_CELLS = 20_000;
const DEFAULT_GROUPS = 20;

const { HOUR, DAY, WEEK, MONTH } = MetricsBucketSize;
const LARGER = [HOUR, DAY, WEEK, MONTH] as const;
const ALL_KINDS = [
  ...[MetricsKind.VOLUME, MetricsKind.RESPONSE_TIME, MetricsKind.RESOLUTION_TIME],
  ...[MetricsKind.ANSWERS, MetricsKind.MOOD],
];

/** A question about the metrics. */
export interface Question {
  /** The window as a whole. */
  readonly frame: Frame;
  /** Where the buckets begin that are asked for, in seconds since 1970. */
  readonly buckets: readonly number[];
  readonly groupBy: MetricsGrouping;
  readonly groupLimit: number;
  readonly filter: MetricsFilter | undefined;
  readonly kinds: ReadonlySet<MetricsKind>;
}

const sizeName = (size: MetricsBucketSize) => MetricsBucketSize[size].toLowerCase();

function tooMany(window: Window, size: MetricsBucketSize, most: number, groups: number) {
  const fits = LARGER.find((larger) => larger > size && bucketsAtMost(window, larger) <= most);
  const way = fits === undefined ? "a shorter window" : `bucket ${sizeName(fits)}, or a shorter window`;
  const why = groups > 0 ? ` with ${groups} groups` : "";
  return fail(
    Code.InvalidArgument,
    "TOO_MANY_BUCKETS",
    `By ${sizeName(size)} the window has more buckets than an answer holds, ${most}${why}. Ask for ${way}${groups > 0 ? ", or for fewer groups with group_limit" : ""}.`,
    { bucket: sizeName(size), max_buckets: `${most}`, ...(fits !== undefined && { bucket_that_fits: sizeName(fits) }) },
  );
}

/**
 * Reads a question.
 *
 * @param timeZone the desk's, by whose clocks buckets begin
 * @param now milliseconds UTC
 * @throws ConnectError `invalid_argument` (TOO_MANY_BUCKETS) naming the bucket size that fits; WINDOW_EMPTY for a window that
 *   ends before it begins
 */
export function readQuestion(request: GetMetricsRequest, timeZone: string, now: number): Question {
  const { bucket: size, groupBy, filter, kinds } = request;
  // Up to now means that the second under way counts too.
  const end = request.endTime ? toSeconds(timestampMs(request.endTime)) : toSeconds(now) + 1;
  const start = request.startTime ? toSeconds(timestampMs(request.startTime)) : Math.max(0, end - DEFAULT_SECONDS);
  if (start >= end) {
    throw fail(
      Code.InvalidArgument,
      "WINDOW_EMPTY",
      "The window has to end a second or more after it starts, between 1970 and 2106. Give an earlier start_time or a later end_time.",
    );
  }
  const groupLimit = request.groupLimit || DEFAULT_GROUPS;
  const groups = groupBy === MetricsGrouping.UNSPECIFIED ? 0 : groupLimit;
  const window = { start: start * 1000, end: end * 1000 };
  const most = Math.min(MAX_BUCKETS, Math.floor(MAX_CELLS / (groups + 1)));
  if (bucketsAtMost(window, size) > 2 * most) throw tooMany(window, size, most, groups);
  const starts = bucketStarts(timeZone, window, size).map((ms) => ms / 1000);
  if (starts.length > most) throw tooMany(window, size, most, groups);
  return {
    frame: { start, end, starts: [start] },
    buckets: size === MetricsBucketSize.UNSPECIFIED ? [] : starts,
    ...{ groupBy, groupLimit, filter },
    kinds: new Set(kinds.length > 0 ? kinds : ALL_KINDS),
  };
}
