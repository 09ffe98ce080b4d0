// The reader of the log: what it does when events come twice, out of turn or not at all, beside other readers, and at the end.
import { create } from "@bufbuild/protobuf";
import { Code, type ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MetricsGrouping, MetricsKind } from "#gen/deskwire/analytics/v1/metrics_pb.js";
import { GetMetricsRequestSchema, MetricsService } from "#gen/deskwire/analytics/v1/metrics_service_pb.js";
import { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { directTransport } from "../../../runtime/calls/direct-transport.ts";
import { remoteTransport } from "../../../runtime/calls/remote-transport.ts";
import type { Database } from "../../../runtime/database/database.ts";
import { reasonOf } from "../../../runtime/errors.ts";
import type { Log } from "../../../runtime/log.ts";
import { readPolicy } from "../../../runtime/policy/read-policy.ts";
import { localEngine } from "../../../services/analytics/engine/local-engine.ts";
import { answer } from "../../../services/analytics/metrics/answer.ts";
import { countEvents, prepare } from "../../../services/analytics/metrics/count-events.ts";
import { readCursor } from "../../../services/analytics/metrics/cursor.ts";
import { FactCache } from "../../../services/analytics/metrics/fact-cache.ts";
import { forgetCustomer } from "../../../services/analytics/metrics/fact-store.ts";
import { openMetrics } from "../../../services/analytics/metrics/index.ts";
import { readQuestion } from "../../../services/analytics/metrics/question.ts";
import { migrations } from "../../../services/analytics/migrations.ts";
import { eventually } from "../../contract/case.ts";
import { Random } from "../../fuzz/random.ts";
import { DIALECTS, temporaryDatabase } from "../../support/databases.ts";
import { silent } from "../../support/desk.ts";
import { eventsOf, openHistory, workAtRandom } from "./history.ts";

const START = Date.parse("2026-03-02T09:00:00Z");
const policy = readPolicy();

let cleanup: AsyncDisposableStack;
beforeEach(() => {
  cleanup = new AsyncDisposableStack();
});
afterEach(() => cleanup.disposeAsync());

/** A random history of so many events, or a few more. */
async function openHistoryOf(count: number) {
  const history = cleanup.use(await openHistory(START));
  const random = new Random(7);
  // What is refused, and tells the log nothing, depends on the desk's rules.
  while ((await eventsOf(history)).length < count) await workAtRandom(history, random, 10);
  return history;
}

async function openStore(dialect: (typeof DIALECTS)[number]) {
  const place = await temporaryDatabase(dialect);
  cleanup.defer(() => place.remove());
  const open = async () => {
    const database = await place.open(...migrations);
    cleanup.defer(() => database.close());
    return database;
  };
  return { database: await open(), open };
}

/** Metrics over a database; they read the log if there is a way to it. */
function open(database: Database, now: () => number, tickets?: Transport, log: Log = silent) {
  const part = openMetrics({ database, tickets, policy, engine: () => localEngine, now, log });
  cleanup.defer(() => part.close());
  return { part, metrics: createClient(MetricsService, directTransport([part.service])) };
}

const options = (database: Database) => ({ database, policy, engine: () => localEngine });
const ALL = { startTime: { seconds: 0n, nanos: 0 }, groupBy: MetricsGrouping.CUSTOMER };
type Client = ReturnType<typeof open>["metrics"];

/** All figures, without how far the log has been read. */
async function figures(metrics: Client) {
  const { total, groups, engines } = await metrics.getMetrics(ALL);
  return { total, groups: groups.toSorted((one, other) => one.key.localeCompare(other.key)), engines };
}

const caughtUp = (metrics: Client, position: number) =>
  eventually(async () => {
    const { progress } = await metrics.getMetrics({});
    return progress?.complete && Number(progress.position) >= position;
  });

describe.each(DIALECTS)("on %s", (dialect) => {
  test("events that come twice count once, and a gap counts nothing", async () => {
    const history = await openHistoryOf(60);
    const events = await eventsOf(history);
    const { database } = await openStore(dialect);
    const { metrics } = open(database, () => history.clock.now);
    await prepare(options(database));
    expect(await countEvents(options(database), events.slice(0, 40))).toBe(true);
    const before = await figures(metrics);
    expect(await countEvents(options(database), events.slice(10, 40))).toBe(true);
    expect(await countEvents(options(database), events.slice(45))).toBe(false);
    expect(await figures(metrics)).toEqual(before);
    expect(await countEvents(options(database), events.slice(30))).toBe(true);
    expect((await readCursor(database.knex)).position).toBe(events.length);
  });

  test("the log read as it grows, read anew, and read by two at once comes to the same", {
    timeout: 60_000,
  }, async () => {
    const history = await openHistoryOf(40);
    const now = () => history.clock.now;
    const store = await openStore(dialect);
    const live = open(store.database, now, history.transport);
    live.part.start();
    await workAtRandom(history, new Random(8), 60);
    const events = await eventsOf(history);
    await caughtUp(live.metrics, events.length);
    const grown = await figures(live.metrics);
    expect(grown.total?.overall?.volume?.created).toBeGreaterThan(5);

    await live.metrics.rebuildMetrics({});
    await caughtUp(live.metrics, events.length);
    expect(await figures(live.metrics)).toEqual(grown);

    const { database } = await openStore(dialect);
    await prepare(options(database));
    const halves = [events.slice(0, 50), events.slice(0, 70), events];
    // Two that hold the lease at the same time would count like this.
    for (const part of halves) {
      const both = [countEvents(options(database), part), countEvents(options(database), part)];
      expect(await Promise.all(both)).toEqual([true, true]);
    }
    expect(await figures(open(database, now).metrics)).toEqual(grown);
  });

  test("forgetting a customer changes no total, and leaves nothing that names them", async () => {
    const history = await openHistoryOf(80);
    const { database } = await openStore(dialect);
    const { metrics } = open(database, () => history.clock.now);
    await prepare(options(database));
    await countEvents(options(database), await eventsOf(history));
    const before = await figures(metrics);
    const [first, second] = before.groups.map(({ key }) => key) as [string, string];
    for (const id of [first, second]) expect(await forgetCustomer(database.knex, id)).toBe(true);
    const after = await figures(metrics);
    expect(after.total).toEqual(before.total);
    expect(after.groups.map(({ key }) => key)).toEqual(["", ...before.groups.slice(2).map(({ key }) => key)]);
    const gone = await metrics.getMetrics({ ...ALL, filter: { customerIds: [first] } });
    expect(gone.total?.overall?.volume?.created).toBe(0);
    expect(JSON.stringify(await database.knex("metrics_ticket"))).not.toContain(first);
  });
});

test("what does not fit into memory is read again, and answered the same", { timeout: 60_000 }, async () => {
  const history = await openHistoryOf(60);
  const { database } = await openStore("sqlite");
  const { metrics } = open(database, () => history.clock.now);
  await prepare(options(database));
  await countEvents({ ...options(database), chunkSizes: { small: 2, merged: 2 } }, await eventsOf(history));
  const chunks = await database.knex("metrics_chunk");
  expect(chunks.length).toBeGreaterThan(10);
  const expected = await figures(metrics);
  const request = create(GetMetricsRequestSchema, {
    ...ALL,
    filter: { customerIds: [expected.groups[0]?.key ?? ""] },
  } as never);
  const question = readQuestion(request, policy.timeZone, history.clock.now);
  const budget = 16 * 1024;
  const cache = new FactCache(database, budget);
  const signal = new AbortController().signal;
  const answers = [];
  for (let round = 0; round < 3; round++) answers.push(await answer({ database, cache, policy }, question, signal));
  expect(cache.bytes).toBeGreaterThan(budget / 2);
  expect(cache.bytes).toBeLessThanOrEqual(budget);
  for (const { total } of answers) expect(total).toEqual(expected.groups[0]?.series);
});

test("a question that finds pieces merged since it looked them up is answered anew, by what there is now", async () => {
  const history = await openHistoryOf(60);
  const { database } = await openStore("sqlite");
  const events = await eventsOf(history);
  const small = { ...options(database), chunkSizes: { small: 4, merged: 10 } };
  await prepare(small);
  const half = Math.floor(events.length / 2);
  await countEvents(small, events.slice(0, half));
  const cache = new FactCache(database);
  const refresh = cache.refresh.bind(cache);
  let refreshed = 0;
  cache.refresh = async () => {
    const cursor = await refresh();
    // The rest is counted after the look at the index, and before the pieces are read.
    if (refreshed++ === 0) await countEvents(small, events.slice(half));
    return cursor;
  };
  const question = readQuestion(create(GetMetricsRequestSchema, ALL as never), policy.timeZone, history.clock.now);
  const { total } = await answer({ database, cache, policy }, question, new AbortController().signal);
  expect(refreshed).toBe(2);
  expect(total).toEqual((await figures(open(database, () => history.clock.now).metrics)).total);
  expect(total?.overall?.volume?.created).toBe(events.filter(({ type }) => type === TicketEventType.CREATED).length);
});

test("of several processes on one database one reads, and another takes over when it stops", {
  timeout: 60_000,
}, async () => {
  const history = await openHistoryOf(20);
  const now = () => history.clock.now;
  const store = await openStore("postgres");
  const readers = [open(store.database, now, history.transport), open(await store.open(), now, history.transport)];
  for (const { part } of readers) part.start();
  const [one, other] = readers as [ReturnType<typeof open>, ReturnType<typeof open>];
  await caughtUp(other.metrics, (await eventsOf(history)).length);
  const { reader } = await readCursor(store.database.knex);
  // Whichever it is that reads: when it has stopped, the other one goes on.
  await one.part.close();
  await workAtRandom(history, new Random(9), 10);
  await caughtUp(other.metrics, (await eventsOf(history)).length);
  expect(reader).not.toBe("");
});

test("while the ticket service is away the reader tries again, says so once, and goes on where it was", {
  timeout: 60_000,
}, async () => {
  const history = await openHistoryOf(20);
  const { database } = await openStore("sqlite");
  let away = true;
  const nobody = remoteTransport("http://127.0.0.1:9");
  const tickets: Transport = {
    unary: (...call) => (away ? nobody : history.transport).unary(...call),
    stream: (...call) => (away ? nobody : history.transport).stream(...call),
  };
  const lines: string[] = [];
  const { part, metrics } = open(
    database,
    () => history.clock.now,
    tickets,
    (line: string) => void lines.push(line),
  );
  part.start();
  await eventually(async () => lines.length > 0);
  expect((await metrics.getMetrics({})).progress).toMatchObject({ position: 0n, complete: false });
  away = false;
  await caughtUp(metrics, (await eventsOf(history)).length);
  expect(lines).toHaveLength(1);
  nobody.close();
});

test("a watcher hears of news at the pace it asks for, and is told when analytics shuts down", async () => {
  const history = await openHistoryOf(5);
  const { database } = await openStore("sqlite");
  const { part, metrics } = open(database, () => history.clock.now, history.transport);
  part.start();
  await caughtUp(metrics, (await eventsOf(history)).length);
  const question = create(GetMetricsRequestSchema, { kinds: [MetricsKind.VOLUME] });
  const created: number[] = [];
  const watching = (async () => {
    for await (const { metrics: now } of metrics.watchMetrics({ question, intervalSeconds: 1 })) {
      created.push(now?.total?.overall?.volume?.created ?? -1);
    }
  })();
  await eventually(async () => created.length === 1);
  const [customer] = (await history.crm.listCustomers({})).customers;
  const began = performance.now();
  for (const subject of ["a", "b", "c"]) {
    await history.tickets.createTicket({ ticket: { subject, customerId: customer?.id ?? "" } });
  }
  await eventually(async () => created.at(-1) === (created[0] ?? 0) + 3);
  expect(created.length).toBeLessThan(2 + (performance.now() - began) / 1000 + 1);
  part.drain();
  const ended = (await watching.catch((error: unknown) => error)) as ConnectError;
  expect([ended.code, reasonOf(ended)]).toEqual([Code.Unavailable, "SHUTTING_DOWN"]);
});
