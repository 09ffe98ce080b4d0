// What dashboards ask.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { MetricsBucketSize, MetricsGrouping, MetricsKind } from "#gen/deskwire/analytics/v1/metrics_pb.js";
import type { GetMetricsRequestSchema } from "#gen/deskwire/analytics/v1/metrics_service_pb.js";
import { DAY, END } from "./facts.ts";

const window = (days: number) => ({
  startTime: timestampFromMs(END - days * DAY),
  endTime: timestampFromMs(END),
});
const { HOUR, DAY: BY_DAY, WEEK, MONTH } = MetricsBucketSize;
const { TEAM, ASSIGNEE, CHANNEL, CUSTOMER } = MetricsGrouping;
const { VOLUME, RESPONSE_TIME, RESOLUTION_TIME, ANSWERS, MOOD } = MetricsKind;

/** Questions by what they are called. */
export const QUESTIONS: Readonly<Record<string, MessageInitShape<typeof GetMetricsRequestSchema>>> = {
  "7 days, everything": window(7),
  "7 days by hour, everything": { ...window(7), bucket: HOUR },
  "7 days by day, by team": { ...window(7), bucket: BY_DAY, groupBy: TEAM },
  "30 days by day, by assignee": { ...window(30), bucket: BY_DAY, groupBy: ASSIGNEE },
  "90 days by day, everything": { ...window(90), bucket: BY_DAY },
  "90 days by week, by channel": { ...window(90), bucket: WEEK, groupBy: CHANNEL },
  "30 days, the busiest customers": { ...window(30), groupBy: CUSTOMER },
  "one year, volume": { ...window(365), kinds: [VOLUME] },
  "one year by day, volume by team": { ...window(365), bucket: BY_DAY, groupBy: TEAM, kinds: [VOLUME] },
  "one year by month, response times by team": { ...window(365), bucket: MONTH, groupBy: TEAM, kinds: [RESPONSE_TIME] },
  "one year by month, resolution times": { ...window(365), bucket: MONTH, kinds: [RESOLUTION_TIME] },
  "one year by week, who answers": { ...window(365), bucket: WEEK, kinds: [ANSWERS] },
  "one year by month, moods and categories": { ...window(365), bucket: MONTH, kinds: [MOOD] },
  "one year by month, one team, by assignee, volume": {
    ...window(365),
    ...{ bucket: MONTH, groupBy: ASSIGNEE, filter: { teams: ["team 3"] }, kinds: [VOLUME] },
  },
  "one year, one customer, everything": { ...window(365), filter: { customerIds: ["CUS-1001"] } },
  "one year, the busiest customers, volume": { ...window(365), groupBy: CUSTOMER, kinds: [VOLUME] },
  "one year, the busiest customers, everything": { ...window(365), groupBy: CUSTOMER },
  "one year, everything": window(365),
  "one year by month, everything": { ...window(365), bucket: MONTH },
  "one year by month, everything by team": { ...window(365), bucket: MONTH, groupBy: TEAM },
  "one year by week, everything by assignee": { ...window(365), bucket: WEEK, groupBy: ASSIGNEE },
  "one year by day, everything by team": { ...window(365), bucket: BY_DAY, groupBy: TEAM },
};
