// MetricsService.
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { expect } from "vitest";
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import { MetricsBucketSize, MetricsGrouping, MetricsKind } from "#gen/deskwire/analytics/v1/metrics_pb.js";
import type { GetMetricsResponse } from "#gen/deskwire/analytics/v1/metrics_service_pb.js";
import { TicketChannel, TicketStatus } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { type Case, type Clients, endOfLog, eventually, newCustomer, newTicket, refusalOf, refuses } from "../case.ts";

const at = (time: string) => timestampFromDate(new Date(time));

/** Answers once everything that has happened so far is counted. */
async function counted(clients: Clients, request: Parameters<Clients["metrics"]["getMetrics"]>[0]) {
  const end = await endOfLog(clients);
  return eventually(async () => {
    const response = await clients.metrics.getMetrics(request);
    return (response.progress?.position ?? 0n) >= end && response.progress?.complete && response;
  });
}

/** A customer with three tickets: one resolved by an AI, one opened again, one closed without an answer. */
async function someWork(clients: Clients): Promise<string> {
  const { tickets } = clients;
  const customerId = await newCustomer(clients);
  const email = { customerId, team: "mail", channel: TicketChannel.EMAIL };
  const [first, second, third] = [
    await newTicket(clients, { ...email, description: "This is terrible, I was charged twice on my invoice!" }),
    await newTicket(clients, { ...email, assignee: "ada" }),
    await newTicket(clients, { customerId, team: "shop", channel: TicketChannel.CHAT }),
  ];
  const author = { kind: ActorKind.AI, id: "ai" };
  const updateStatus = TicketStatus.RESOLVED;
  await tickets.respondToTicket({ ticketId: first.id, response: "Corrected.", author, updateStatus });
  await tickets.respondToTicket({ ticketId: second.id, response: "Done.", updateStatus });
  await tickets.recordCustomerReply({ ticketId: second.id, body: "No, it is not." });
  await tickets.respondToTicket({ ticketId: second.id, response: "Now it is." });
  await tickets.changeStatus({ ticketId: third.id, status: TicketStatus.CLOSED });
  return customerId;
}

const overall = ({ total }: GetMetricsResponse) => total?.overall;

export const metricsCases: readonly Case[] = [
  {
    name: "GetMetrics counts what happened to a customer's tickets",
    async run(clients) {
      const customerId = await someWork(clients);
      const response = await counted(clients, { filter: { customerIds: [customerId] } });
      expect(overall(response)).toMatchObject({
        volume: { created: 3, resolved: 3, closed: 1, merged: 0, reopened: 1, reopenRate: 0.333, backlog: 1 },
        firstResponse: { count: 2, withinTarget: 2, attainment: 1 },
        nextResponse: { count: 1 },
        resolution: { count: 3 },
        answers: { byAi: 1, byPeople: 2, aiShare: 0.333, resolvedByAiAlone: 1, resolvedWithoutAnswer: 1 },
      });
      expect(overall(response)?.mood?.negative).toBeGreaterThan(0);
      expect(response.settings).toMatchObject({ timeZone: "UTC", aiAnswerStopsClocks: true });
      expect(response.engines).toHaveLength(1);
      expect([response.groups, response.groupsLeftOut]).toEqual([[], 0]);
    },
  },
  {
    name: "GetMetrics tells teams, assignees, channels and customers apart, the busiest first",
    async run(clients) {
      const customerId = await someWork(clients);
      const filter = { customerIds: [customerId] };
      const groups = async (groupBy: MetricsGrouping) => {
        const response = await counted(clients, { filter, groupBy, kinds: [MetricsKind.VOLUME] });
        return response.groups.map(({ key, series }) => [key, series?.overall?.volume?.created]);
      };
      expect(await groups(MetricsGrouping.TEAM)).toEqual([
        ["mail", 2],
        ["shop", 1],
      ]);
      expect(await groups(MetricsGrouping.ASSIGNEE)).toEqual([
        ["", 2],
        ["ada", 1],
      ]);
      expect(await groups(MetricsGrouping.CHANNEL)).toEqual([
        ["email", 2],
        ["chat", 1],
      ]);
      expect(await groups(MetricsGrouping.CUSTOMER)).toEqual([[customerId, 3]]);
    },
  },
  {
    name: "GetMetrics leaves out groups beyond the limit, and counts them in the total",
    async run(clients) {
      const customerId = await someWork(clients);
      const request = { filter: { customerIds: [customerId] }, groupBy: MetricsGrouping.TEAM, groupLimit: 1 };
      const response = await counted(clients, request);
      expect(response.groups.map(({ key }) => key)).toEqual(["mail"]);
      expect(response.groupsLeftOut).toBe(1);
      expect(overall(response)?.volume?.created).toBe(3);
    },
  },
  {
    name: "GetMetrics answers only the kinds of figures that are asked for",
    async run(clients) {
      const { metrics } = clients;
      const answer = overall(await metrics.getMetrics({ kinds: [MetricsKind.ANSWERS] }));
      const { volume, answers, mood, firstResponse } = answer ?? {};
      expect([volume, mood, firstResponse]).toEqual([undefined, undefined, undefined]);
      expect(answers).toBeDefined();
    },
  },
  {
    name: "GetMetrics fills a window with buckets, those without anything included",
    async run({ metrics }) {
      const window = { startTime: at("2001-02-03T10:00:00Z"), endTime: at("2001-02-05T08:30:00Z") };
      const starts = async (bucket: MetricsBucketSize) => {
        const { total } = await metrics.getMetrics({ ...window, bucket });
        return total?.buckets.map(({ startTime }) => Number(startTime?.seconds)) ?? [];
      };
      expect(await starts(MetricsBucketSize.UNSPECIFIED)).toEqual([]);
      const days = ["2001-02-03T10:00:00Z", "2001-02-04T00:00:00Z", "2001-02-05T00:00:00Z"];
      expect(await starts(MetricsBucketSize.DAY)).toEqual(days.map((time) => Date.parse(time) / 1000));
      expect(await starts(MetricsBucketSize.HOUR)).toHaveLength(47);
      expect(await starts(MetricsBucketSize.WEEK)).toHaveLength(2);
      expect(await starts(MetricsBucketSize.MONTH)).toHaveLength(1);
    },
  },
  {
    name: "WatchMetrics brings the figures as they are, then as they become",
    async run(clients) {
      const customerId = await newCustomer(clients);
      const question = { filter: { customerIds: [customerId] }, kinds: [MetricsKind.VOLUME] };
      await counted(clients, question);
      const caller = new AbortController();
      const created: (number | undefined)[] = [];
      const watching = (async () => {
        const stream = clients.metrics.watchMetrics({ question, intervalSeconds: 1 }, { signal: caller.signal });
        for await (const { metrics } of stream) created.push(metrics?.total?.overall?.volume?.created);
      })();
      await eventually(async () => created.length > 0);
      await newTicket(clients, { customerId });
      await eventually(async () => created.length > 1);
      caller.abort();
      await watching.catch(() => {});
      expect(created).toEqual([0, 1]);
    },
  },
  {
    name: "WatchMetrics ends when its time is up",
    async run({ metrics }) {
      const call = Array.fromAsync(metrics.watchMetrics({ question: {} }, { timeoutMs: 50 }));
      expect(await refusalOf(call)).toMatchObject({ code: "DeadlineExceeded" });
    },
  },
  {
    name: "RebuildMetrics gives the same figures",
    async run(clients) {
      const customerId = await someWork(clients);
      const request = { filter: { customerIds: [customerId] }, groupBy: MetricsGrouping.TEAM };
      const before = await counted(clients, request);
      const { progress } = await clients.metrics.rebuildMetrics({ reason: "test" });
      expect(progress).toMatchObject({ position: 0n, complete: false });
      const after = await counted(clients, request);
      expect([overall(after), after.groups]).toEqual([overall(before), before.groups]);
    },
  },
  {
    name: "a window with too many buckets is refused with the bucket that fits",
    async run({ metrics }) {
      const window = { startTime: at("2020-01-01T00:00:00Z"), endTime: at("2021-01-01T00:00:00Z") };
      const expected = { code: "InvalidArgument", reason: "TOO_MANY_BUCKETS" };
      const { HOUR, DAY } = MetricsBucketSize;
      expect(await refusalOf(metrics.getMetrics({ ...window, bucket: HOUR }))).toMatchObject({
        ...expected,
        metadata: { bucket: "hour", max_buckets: "1000", bucket_that_fits: "day" },
      });
      const groups = { groupBy: MetricsGrouping.TEAM, groupLimit: 100 };
      expect(await refusalOf(metrics.getMetrics({ ...window, bucket: DAY, ...groups }))).toMatchObject({
        ...expected,
        metadata: { bucket: "day", max_buckets: "198", bucket_that_fits: "week" },
      });
    },
  },
  refuses(
    "a window that ends before it starts, and what is no filter",
    async ({ metrics }) => [
      metrics.getMetrics({ startTime: at("2026-01-02T00:00:00Z"), endTime: at("2026-01-01T00:00:00Z") }),
      metrics.getMetrics({ bucket: 9 as MetricsBucketSize }),
      metrics.getMetrics({ groupLimit: 101 }),
      metrics.getMetrics({ filter: { customerIds: ["Ada"] } }),
      metrics.getMetrics({ kinds: [MetricsKind.UNSPECIFIED] }),
      Array.fromAsync(metrics.watchMetrics({})),
      Array.fromAsync(metrics.watchMetrics({ question: {}, intervalSeconds: 3601 })),
    ],
    { code: "InvalidArgument", reason: "VALIDATION_FAILED" },
  ),
  refuses(
    "a window that is over before it begins",
    async ({ metrics }) => [
      metrics.getMetrics({ startTime: at("2126-01-02T00:00:00Z") }),
      metrics.getMetrics({ endTime: at("1969-01-02T00:00:00Z") }),
    ],
    { code: "InvalidArgument", reason: "WINDOW_EMPTY" },
  ),
];
