// GetMetrics against the brute force, over random histories: reopened, merged and imported tickets, waiting, changes of team,
// answers of people and AI, holidays, and clocks that are put forward and back.
import { type JsonObject, toJson } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { MetricsBucketSize, MetricsGrouping } from "#gen/deskwire/analytics/v1/metrics_pb.js";
import {
  type GetMetricsRequest,
  GetMetricsResponseSchema,
  MetricsService,
} from "#gen/deskwire/analytics/v1/metrics_service_pb.js";
import type { TicketEvent } from "#gen/deskwire/ticket/v1/event_pb.js";
import { TicketChannel } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { directTransport } from "../../../runtime/calls/direct-transport.ts";
import type { Database } from "../../../runtime/database/database.ts";
import { parsePolicy } from "../../../runtime/policy/read-policy.ts";
import { localEngine } from "../../../services/analytics/engine/local-engine.ts";
import { countEvents, prepare } from "../../../services/analytics/metrics/count-events.ts";
import { openMetrics } from "../../../services/analytics/metrics/index.ts";
import { migrations } from "../../../services/analytics/migrations.ts";
import { Random } from "../../fuzz/random.ts";
import { DIALECTS, temporaryDatabase } from "../../support/databases.ts";
import { silent } from "../../support/desk.ts";
import { BruteForce, type Passes, SlowCalendar } from "./brute-force.ts";
import { eventsOf, openHistory, workAtRandom } from "./history.ts";

const HOURS: Readonly<Record<string, readonly [number, number][]>> = {
  monday: [
    [9 * 60, 12 * 60],
    [13 * 60, 17 * 60 + 30],
  ],
  wednesday: [[0, 24 * 60]],
  friday: [[8 * 60 + 15, 16 * 60]],
  sunday: [[60, 4 * 60]],
};
const clock = (minutes: number) =>
  `${`${Math.floor(minutes / 60)}`.padStart(2, "0")}:${`${minutes % 60}`.padStart(2, "0")}`;
const targets = (first: string, next: string, resolution: string) => ({
  first_response: { within: first, clock: "business_hours" },
  next_response: { within: next, clock: "around_the_clock" },
  resolution: { within: resolution, clock: "business_hours" },
});
const policyOf = (timeZone: string, settings: JsonObject, holidays: string[]) =>
  parsePolicy(
    JSON.stringify({
      calendar: {
        time_zone: timeZone,
        business_hours: Object.fromEntries(
          Object.entries(HOURS).map(([day, spans]) => [day, spans.map((span) => span.map(clock).join("-"))]),
        ),
        holidays,
      },
      targets: { normal: targets("1h", "6h", "20h"), low: targets("3h", "9h", "50h") },
      ...settings,
    }),
    "test",
  );

/** Histories around the days on which clocks change. */
const DESKS = [
  { zone: "Europe/Berlin", start: "2026-03-23T08:00:00Z", holidays: ["2026-03-30"], ai: true, pause: true },
  { zone: "America/New_York", start: "2026-10-27T20:30:00Z", holidays: ["2026-11-02"], ai: false, pause: true },
  { zone: "Asia/Kathmandu", start: "2026-05-29T01:00:00Z", holidays: ["06-01"], ai: false, pause: false },
] as const;

const inZone = new Map(
  DESKS.map((desk) => [
    desk.zone,
    new SlowCalendar(desk.zone, (weekday, minutes, day) => {
      if (desk.holidays.some((holiday) => day.endsWith(holiday))) return false;
      return (HOURS[weekday] ?? []).some(([from, to]) => minutes >= from && minutes < to);
    }),
  ]),
);

/** Counts events in batches of random sizes, some of them twice. */
async function count(
  database: Database,
  events: readonly TicketEvent[],
  random: Random,
  policy: ReturnType<typeof policyOf>,
) {
  // Small pieces, so that they are merged over and over.
  const chunkSizes = { small: 20 + random.below(60), merged: 2 + random.below(4) };
  const options = { database, policy, engine: () => localEngine, chunkSizes };
  await prepare(options);
  for (let done = 0; done < events.length; ) {
    const from = Math.max(0, done - random.pick([0, 0, 3]));
    done = Math.min(events.length, done + 1 + random.below(60));
    expect(await countEvents(options, events.slice(from, done))).toBe(true);
  }
}

/** Where buckets begin by the brute force: at each quarter of an hour the clocks are looked at. */
function bucketStarts(calendar: SlowCalendar, start: number, end: number, size: MetricsBucketSize): number[] {
  const starts = [start];
  for (let time = Math.ceil((start + 1) / 900) * 900; time < end; time += 900) {
    const [now, before] = [calendar.parts(time * 1000), calendar.parts(time * 1000 - 1000)];
    const begins = {
      [MetricsBucketSize.UNSPECIFIED]: false,
      [MetricsBucketSize.HOUR]: now.minute === "00",
      [MetricsBucketSize.DAY]: now.day !== before.day,
      [MetricsBucketSize.WEEK]: now.day !== before.day && now.weekday === "Monday",
      [MetricsBucketSize.MONTH]: now.month !== before.month,
    }[size];
    if (begins) starts.push(time);
  }
  return starts;
}

const { TEAM, ASSIGNEE, CHANNEL, CUSTOMER, UNSPECIFIED } = MetricsGrouping;
const KEYS: Readonly<Record<MetricsGrouping, (fields: Readonly<Record<string, string>>, customer: string) => string>> =
  {
    [UNSPECIFIED]: () => "",
    [TEAM]: ({ team = "" }) => team,
    [ASSIGNEE]: ({ assignee = "" }) => assignee,
    [CHANNEL]: ({ channel = "" }) => channel.replace("TICKET_CHANNEL_", "").toLowerCase(),
    [CUSTOMER]: (_, customer) => customer,
  };

function randomQuestion(random: Random, events: readonly TicketEvent[]) {
  const times = events.map(({ createTime }) => Number(createTime?.seconds));
  const [first = 0, last = 0] = [times[0], times.at(-1)];
  const start = first - 5 * 86_400 + random.below(last - first);
  const [groupBy, bucket] = [random.below(5) as MetricsGrouping, random.below(5) as MetricsBucketSize];
  const byHour = bucket === MetricsBucketSize.HOUR;
  const end = !byHour && random.chance(0.3) ? last + 1 : start + 1 + random.below((byHour ? 4 : 20) * 86_400);
  const sometimes = <T>(value: T): T | undefined => (random.chance(0.3) ? value : undefined);
  const customers = [...new Set(events.map(({ customerId }) => customerId))];
  const filter = {
    teams: sometimes([random.pick(["", "day"])]) ?? [],
    assignees: sometimes(["ada", ""]) ?? [],
    channels: sometimes([TicketChannel.EMAIL, TicketChannel.IMPORT]) ?? [],
    customerIds:
      sometimes(
        [random.pick(customers), random.pick(customers)].filter((id, index, ids) => ids.indexOf(id) === index),
      ) ?? [],
  };
  return { start, end: Math.max(end, start + 1), filter, groupBy, bucket };
}

/** The figures of each desk over all time. */
const seen: Record<string, JsonObject>[] = [];

describe.each(DIALECTS)("on %s", (dialect) => {
  test.each(DESKS.map((desk, seed) => ({ ...desk, seed: seed + 1 })))(
    "a desk in $zone",
    { timeout: 120_000 },
    async (desk) => {
      const random = new Random(desk.seed);
      const settings = { ai_reply_stops_first_response: desk.ai, pause_while_waiting_on_customer: desk.pause };
      const policy = policyOf(desk.zone, settings, [...desk.holidays]);
      await using history = await openHistory(Date.parse(desk.start));
      await workAtRandom(history, random, dialect === "sqlite" ? 300 : 150);
      const events = await eventsOf(history);
      const temporary = await temporaryDatabase(dialect);
      const database = await temporary.open(...migrations);
      const now = () => history.clock.now;
      const part = openMetrics({ database, tickets: undefined, policy, engine: () => localEngine, now, log: silent });
      const metrics = createClient(MetricsService, directTransport([part.service]));
      const calendar = inZone.get(desk.zone) as SlowCalendar;
      const brute = new BruteForce(events, { policy, calendar, engine: localEngine });
      const questions = Array.from({ length: dialect === "sqlite" ? 30 : 12 }, (_, asked) => {
        const question = randomQuestion(random, events);
        const { start, end, filter, groupBy, bucket } = question;
        const request: Partial<GetMetricsRequest> = {
          ...{ startTime: timestampFromMs(start * 1000), endTime: timestampFromMs(end * 1000), groupBy, bucket },
          // Now and then so few that some are left out, and count in the total all the same.
          groupLimit: asked % 3 === 0 ? 2 : 50,
          filter: filter as never,
        };
        return { question, request };
      });
      const ask = async (request: Partial<GetMetricsRequest>) =>
        toJson(GetMetricsResponseSchema, await metrics.getMetrics(request as never), {
          alwaysEmitImplicit: true,
        }) as JsonObject;
      // What is kept of an answer must not outlive what comes after it.
      for (const share of [0.6, 0.7, 0.8, 0.9]) {
        await count(database, events.slice(0, Math.ceil(share * events.length)), random, policy);
        for (const { request } of questions) await ask(request);
      }
      await count(database, events, random, policy);
      let compared = 0;
      for (const { question, request } of questions) {
        const { start, end, filter, groupBy, bucket } = question;
        const response = await ask(request);
        expect({ question, ...(await ask(request)) }).toEqual({ question, ...response });
        const passes: Passes = (fields, customer) =>
          (filter.teams.length === 0 || filter.teams.includes(KEYS[TEAM](fields, customer))) &&
          (filter.assignees.length === 0 || filter.assignees.includes(KEYS[ASSIGNEE](fields, customer))) &&
          (filter.channels.length === 0 ||
            filter.channels.some(
              (channel) => TicketChannel[channel].toLowerCase() === KEYS[CHANNEL](fields, customer),
            )) &&
          (filter.customerIds.length === 0 || filter.customerIds.includes(customer));
        const starts = bucketStarts(calendar, start, end, bucket);
        const seriesOf = (own: Passes) => ({
          overall: brute.metrics(start, end, own),
          buckets:
            bucket === MetricsBucketSize.UNSPECIFIED
              ? []
              : starts.map((from, index) => brute.metrics(from, starts[index + 1] ?? end, own)),
        });
        const metricsOf = ({ overall, buckets }: JsonObject) => ({
          overall,
          buckets: (buckets as JsonObject[]).map(({ metrics: figures }) => figures),
        });
        expect({ question, ...metricsOf(response.total as JsonObject) }).toEqual({ question, ...seriesOf(passes) });
        for (const { key, series } of response.groups as { key: string; series: JsonObject }[]) {
          const own: Passes = (fields, customer) => passes(fields, customer) && KEYS[groupBy](fields, customer) === key;
          expect({ question, key, ...metricsOf(series) }).toEqual({ question, key, ...seriesOf(own) });
          compared++;
        }
        if (bucket !== MetricsBucketSize.UNSPECIFIED) {
          const begins = ((response.total as JsonObject).buckets as JsonObject[]).map(
            ({ startTime }) => Date.parse(`${startTime}`) / 1000,
          );
          expect({ question, begins }).toEqual({ question, begins: starts });
        }
      }
      expect(compared).toBeGreaterThan(10);
      seen.push(brute.metrics(0, 2 ** 32, () => true) as Record<string, JsonObject>);
      await part.close();
      await database.close();
      await temporary.remove();
    },
  );
});

test("all that is counted has happened in these histories, and targets were kept and missed", () => {
  const kinds = ["volume", "firstResponse", "nextResponse", "resolution", "answers"] as const;
  for (const kind of kinds) {
    for (const name of Object.keys(seen[0]?.[kind] ?? {})) {
      expect({ kind, name, value: seen.some((figures) => (figures[kind]?.[name] as number) !== 0) }).toMatchObject({
        value: true,
      });
    }
    if (kind !== "volume" && kind !== "answers") {
      expect(seen.some((figures) => (figures[kind]?.attainment as number) < 1)).toBe(true);
    }
  }
});
