// GetSupportMetrics: the desk's figures, asked for in the few words that a model needs.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import type { HandlerContext } from "@connectrpc/connect";
import { MetricsBucketSize, MetricsGrouping } from "#gen/deskwire/analytics/v1/metrics_pb.js";
import type {
  GetSupportMetricsRequest,
  GetSupportMetricsResponseSchema,
} from "#gen/deskwire/support/v1/support_service_pb.js";
import { onBehalfOf } from "../../runtime/calls/call.ts";
import { DAY_MS } from "../../runtime/time-units.ts";
import { type Clients, needed } from "./clients.ts";

const DEFAULT_DAYS = 7;
const DEFAULT_GROUPS = 10;

/** Nothing to filter by where nothing is named. */
const named = <T>(value: T | undefined): T[] => (value ? [value] : []);

/** Answers GetSupportMetrics. */
export async function getSupportMetrics(
  { metrics }: Clients,
  request: GetSupportMetricsRequest,
  context: HandlerContext,
): Promise<MessageInitShape<typeof GetSupportMetricsResponseSchema>> {
  const { days, endTime, bucket, groupBy, groupLimit, kinds, team, assignee, channel, customerId } = request;
  const end = endTime ? timestampMs(endTime) : Date.now();
  const question = {
    startTime: timestampFromMs(end - (days || DEFAULT_DAYS) * DAY_MS),
    ...(endTime && { endTime }),
    bucket: bucket ?? MetricsBucketSize.UNSPECIFIED,
    groupBy: groupBy ?? MetricsGrouping.UNSPECIFIED,
    groupLimit: groupLimit || DEFAULT_GROUPS,
    kinds,
    filter: {
      teams: named(team),
      assignees: named(assignee),
      channels: named(channel),
      customerIds: named(customerId),
    },
  };
  const answer = await needed("metrics", metrics.getMetrics(question, onBehalfOf(context)));
  const { total, groups, groupsLeftOut, startTime, endTime: until, settings, progress } = answer;
  return { total, groups, groupsLeftOut, startTime, endTime: until, settings, progress };
}
