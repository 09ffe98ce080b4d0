// `npm run bench:metrics`: how long the metrics take to answer over a million tickets, and how quickly events are counted.
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import { type Category, Sentiment } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import { MetricsBucketSize, MetricsGrouping, MetricsKind } from "#gen/deskwire/analytics/v1/metrics_pb.js";
import { type GetMetricsRequestSchema, MetricsService } from "#gen/deskwire/analytics/v1/metrics_service_pb.js";
import { type TicketEvent, TicketEventSchema, TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { MessageVisibility } from "#gen/deskwire/ticket/v1/message_pb.js";
import { TicketChannel } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { runCommand } from "../runtime/command.ts";
import { type Database, openDatabase } from "../runtime/database/database.ts";
import { readPolicy } from "../runtime/policy/read-policy.ts";
import { directTransport } from "../runtime/transport.ts";
import type { Engine } from "../services/analytics/engine/engine.ts";
import { localEngine } from "../services/analytics/engine/local-engine.ts";
import { appendFacts } from "../services/analytics/metrics/chunk-store.ts";
import { countEvents, prepare, rulesOf } from "../services/analytics/metrics/count-events.ts";
import type { NumberedFact } from "../services/analytics/metrics/fact-code.ts";
import type { Fact, Segment } from "../services/analytics/metrics/facts.ts";
import { openMetrics } from "../services/analytics/metrics/index.ts";
import { migrations } from "../services/analytics/migrations.ts";

const HELP = `npm run bench:metrics [-- --tickets N] [-- --events N]
Fills a database with the facts of N tickets over a year (1000000 if left out), asks it the questions of a dashboard, and
counts N events (40000 if left out) as they come from the ticket service's log. Prints medians of wall and CPU time.
  --ask FILE       only ask an analytics database that is there
  --postgres URL   in this PostgreSQL instead of a SQLite file; the schema bench_metrics is made and dropped
  -h, --help       this text`;

const DAY = 24 * 60 * 60_000;
const END = Date.parse("2026-07-01T00:00:00Z");
const START = END - 365 * DAY;
const BATCH = 50_000;
const ROUNDS = 7;
const policy = readPolicy();

const below = (end: number) => Math.floor(Math.random() * end);
const pick = <T>(choices: readonly T[]): T => choices[below(choices.length)] as T;
/** Mostly short, sometimes very long, as the times of real desks are. */
const longTail = (medianMs: number) =>
  medianMs * Math.exp(1.2 * (Math.random() + Math.random() + Math.random() - 1.5) * 2);

const TEAMS = Array.from({ length: 8 }, (_, index) => `team ${index}`);
const CHANNELS = [
  TicketChannel.EMAIL,
  TicketChannel.CHAT,
  TicketChannel.WEB,
  TicketChannel.PHONE,
  TicketChannel.SOCIAL,
];
/** Sixty people, each in one team; and tickets that nobody has yet. */
const SEGMENTS: readonly Segment[] = TEAMS.flatMap((team, at) =>
  ["", ...Array.from({ length: 8 }, (_, index) => `agent ${at}.${index}`)].flatMap((assignee) =>
    CHANNELS.map((channel) => ({ team, assignee, channel })),
  ),
);

/** The facts of one ticket's life: opened, taken by somebody, answered, asked back, answered, resolved, closed. */
function lifeOf(begin: number): Fact[] {
  const from = below(SEGMENTS.length);
  const unassigned = SEGMENTS[from - (Math.floor(from / CHANNELS.length) % 9) * CHANNELS.length] as Segment;
  const taken = SEGMENTS[from] as Segment;
  const mood = () => ({
    ...{ sentiment: pick([Sentiment.NEGATIVE, Sentiment.NEUTRAL, Sentiment.POSITIVE]), score: Math.random() * 2 - 1 },
    ...{ category: (1 + below(9)) as Category, engine: "bench/1" },
  });
  const length = (ms: number) => ({ wall: ms, business: ms / 3, met: Math.random() < 0.8 });
  const by = pick([1, 2] as const);
  let time = begin;
  const facts: Fact[] = [{ kind: "created", time, segment: unassigned, backlog: 1, mood: mood() }];
  const first = longTail(2 * 60 * 60_000);
  time += first;
  facts.push({ kind: "left", time, segment: unassigned, backlog: -1 });
  facts.push({ kind: "entered", time, segment: taken, backlog: 1 });
  facts.push({ kind: "reply", time, segment: taken, backlog: 0, by, response: { of: "first", ...length(first) } });
  while (Math.random() < 0.45) {
    time += longTail(5 * 60 * 60_000);
    facts.push({ kind: "message", time, segment: taken, backlog: 0, mood: mood() });
    const next = longTail(3 * 60 * 60_000);
    time += next;
    facts.push({ kind: "reply", time, segment: taken, backlog: 0, by, response: { of: "next", ...length(next) } });
  }
  if (Math.random() < 0.04) return facts;
  time += longTail(10 * 60 * 60_000);
  facts.push({ kind: "resolved", time, segment: taken, backlog: -1, by, resolution: length(time - begin) });
  if (Math.random() < 0.07) facts.push({ kind: "reopened", time: time + 60_000, segment: taken, backlog: 1 });
  else facts.push({ kind: "closed", time: time + 3 * DAY, segment: taken, backlog: 0 });
  return facts;
}

async function fill(database: Database, tickets: number): Promise<number> {
  const { knex } = database;
  await prepare({ database, policy, engine: () => localEngine });
  await knex.batchInsert(
    "metrics_segment",
    SEGMENTS.map((segment, index) => ({ id: index + 1, ...segment })),
    200,
  );
  const customers = Math.ceil(tickets / 10);
  const rows = Array.from({ length: customers }, (_, index) => ({ id: index + 1, customer_id: `CUS-${index + 1001}` }));
  await knex.batchInsert("metrics_customer", rows, 500);
  await knex("metrics_engine").insert({ id: 1, name: "bench/1" });
  const numbers = new Map(SEGMENTS.map((segment, index) => [segment, index + 1]));
  let waiting: NumberedFact[] = [];
  let count = 0;
  const store = async (facts: NumberedFact[]) => {
    count += facts.length;
    await database.transaction((trx) => appendFacts(trx, facts, { version: count, timeZone: policy.timeZone }));
  };
  for (let ticket = 0; ticket < tickets; ticket++) {
    const begin = START + ((END - START) * ticket) / tickets;
    // Some customers write far more often than others.
    const customer = 1 + Math.floor(customers * Math.random() ** 3);
    for (const fact of lifeOf(begin)) {
      waiting.push({ fact, segment: numbers.get(fact.segment) ?? 0, customer, engine: "mood" in fact ? 1 : 0 });
    }
    if (waiting.length < BATCH) continue;
    // In the order of the log, but for what is still to come.
    waiting.sort((one, other) => one.fact.time - other.fact.time);
    const past = waiting.findIndex(({ fact }) => fact.time > begin);
    if (past > BATCH / 2) {
      await store(waiting.slice(0, past));
      waiting = waiting.slice(past);
    }
  }
  await store(waiting.sort((one, other) => one.fact.time - other.fact.time));
  await knex("metrics_cursor").update({ position: count, complete: 1, rules: rulesOf(policy) });
  return count;
}

const window = (days: number) => ({
  startTime: timestampFromMs(END - days * DAY),
  endTime: timestampFromMs(END),
});
const { HOUR, DAY: BY_DAY, WEEK, MONTH } = MetricsBucketSize;
const { TEAM, ASSIGNEE, CHANNEL, CUSTOMER } = MetricsGrouping;
const { VOLUME, RESPONSE_TIME, RESOLUTION_TIME, ANSWERS, MOOD } = MetricsKind;

const QUESTIONS: Readonly<Record<string, MessageInitShape<typeof GetMetricsRequestSchema>>> = {
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

const median = (values: number[]) => values.sort((one, other) => one - other)[Math.floor(values.length / 2)] as number;

async function ask(database: Database): Promise<void> {
  const part = openMetrics({
    database,
    tickets: undefined,
    policy,
    engine: () => localEngine,
    now: Date.now,
    log: () => {},
  });
  const metrics = createClient(MetricsService, directTransport([part.service]));
  const resident = () => `${(process.memoryUsage.rss() / 1024 / 1024).toFixed(0)} MiB`;
  const idle = resident();
  console.log("\nquestion | first ms | warm ms | warm CPU ms");
  for (const [name, request] of Object.entries(QUESTIONS)) {
    const walls: number[] = [];
    const cpus: number[] = [];
    for (let round = 0; round < ROUNDS + 1; round++) {
      const [began, used] = [performance.now(), process.cpuUsage()];
      await metrics.getMetrics(request);
      const { user, system } = process.cpuUsage(used);
      walls.push(performance.now() - began);
      cpus.push((user + system) / 1000);
    }
    const [first = 0] = walls.splice(0, 1);
    cpus.splice(0, 1);
    console.log([name, ...[first, median(walls), median(cpus)].map((ms) => ms.toFixed(1))].join(" | "));
  }
  console.log(`resident memory: ${idle} before the first question, ${resident()} after all of them`);
  await part.close();
}

const text = (value: string) => ({ kind: { case: "stringValue" as const, value } });
const OPENING =
  "I was charged twice for my order last week and nobody answers my mails. Please correct the invoice soon.";

/** Events of tickets that are opened and answered, in turns. */
function* log(count: number): Generator<TicketEvent> {
  for (let position = 1; position <= count; position++) {
    const ticket = 1001 + Math.floor((position - 1) / 4);
    const step = (position - 1) % 4;
    const common = {
      ...{ position: BigInt(position), ticketId: `TKT-${ticket}`, customerId: `CUS-${1001 + (ticket % 1000)}` },
      createTime: timestampFromMs(START + position * 1000),
    };
    const change = (field: string, value: string) => ({ field, after: text(value) });
    const created = [
      change("subject", "Charged twice"),
      change("description", OPENING),
      change("status", "TICKET_STATUS_OPEN"),
    ];
    const message = (kind: ActorKind) => ({
      ...{
        author: { kind },
        visibility: MessageVisibility.PUBLIC,
        body: kind === ActorKind.CUSTOMER ? "Thanks!" : "Done.",
      },
    });
    const events: MessageInitShape<typeof TicketEventSchema>[] = [
      { type: TicketEventType.CREATED, changes: created },
      { type: TicketEventType.MESSAGE_ADDED, message: message(ActorKind.AGENT) },
      { type: TicketEventType.MESSAGE_ADDED, message: message(ActorKind.CUSTOMER) },
      { type: TicketEventType.STATUS_CHANGED, changes: [change("status", "TICKET_STATUS_RESOLVED")] },
    ];
    yield create(TicketEventSchema, { ...common, ...events[step] } as never);
  }
}

async function count(database: Database, events: number, engine: Engine): Promise<void> {
  const options = { database, policy, engine: () => engine };
  await prepare(options);
  const [began, used] = [performance.now(), process.cpuUsage()];
  let batch: TicketEvent[] = [];
  for (const event of log(events)) {
    batch.push(event);
    if (batch.length < 500) continue;
    await countEvents(options, batch);
    batch = [];
  }
  await countEvents(options, batch);
  const { user, system } = process.cpuUsage(used);
  const [wall, cpu] = [performance.now() - began, (user + system) / 1000].map((ms) => Math.round((events / ms) * 1000));
  console.log(`counted ${events} events, engine ${engine.name}: ${wall} a second, ${cpu} a second of CPU`);
}

/** Reads nothing, so that it shows what counting costs besides reading. */
const mute: Engine = (() => {
  const reading = localEngine.analyze("");
  return { name: "none", analyze: () => reading };
})();

async function askFile(file: string): Promise<void> {
  const database = await openDatabase({
    name: "analytics",
    location: { kind: "sqlite", file },
    migrations,
    log: () => {},
  });
  await ask(database);
  await database.close();
}

async function main(args: string[]): Promise<void> {
  const options = {
    ask: { type: "string" },
    tickets: { type: "string", default: "1000000" },
    events: { type: "string", default: "40000" },
  } as const;
  const { values } = parseArgs({
    args,
    options: { ...options, postgres: { type: "string" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help) return console.log(HELP);
  if (values.ask) return askFile(values.ask);
  const folder = await mkdtemp(join(tmpdir(), "deskwire-bench-"));
  const open = (name: string) =>
    openDatabase({
      name: "analytics",
      location: values.postgres
        ? { kind: "postgres", url: values.postgres, schema: `bench_metrics_${name}` }
        : { kind: "sqlite", file: join(folder, `${name}.db`) },
      migrations,
      log: () => {},
    });
  const close = async (database: Database, name: string) => {
    if (values.postgres) await database.knex.raw("DROP SCHEMA ?? CASCADE", [`bench_metrics_${name}`]);
    await database.close();
  };
  try {
    for (const engine of [mute, localEngine]) {
      const name = engine === mute ? "mute" : "local";
      const database = await open(name);
      await count(database, Number(values.events), engine);
      await close(database, name);
    }
    const database = await open("facts");
    const facts = await fill(database, Number(values.tickets));
    console.log(
      `${values.tickets} tickets, ${facts} facts; resident memory: ${(process.memoryUsage.rss() / 1024 / 1024).toFixed(0)} MiB`,
    );
    if (values.postgres) await ask(database);
    await close(database, "facts");
    // In a process of its own, whose memory tells of nothing else.
    if (!values.postgres)
      spawnSync(process.execPath, [import.meta.filename, "--ask", join(folder, "facts.db")], { stdio: "inherit" });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

await runCommand(() => main(process.argv.slice(2)));
