// The facts of so many tickets over a year, as a busy desk would have them.
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { type Category, Sentiment } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import { TicketChannel } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { type Database, type DatabaseLocation, openDatabase } from "../../runtime/database/database.ts";
import { readPolicy } from "../../runtime/policy/read-policy.ts";
import { localEngine } from "../../services/analytics/engine/local-engine.ts";
import { appendFacts } from "../../services/analytics/metrics/chunk-store.ts";
import { prepare, rulesOf } from "../../services/analytics/metrics/count-events.ts";
import type { NumberedFact } from "../../services/analytics/metrics/fact-code.ts";
import type { Fact, Segment } from "../../services/analytics/metrics/facts.ts";
import { PROJECTION_VERSION } from "../../services/analytics/metrics/project.ts";
import { migrations } from "../../services/analytics/migrations.ts";

/** Milliseconds. */
export const DAY = 24 * 60 * 60_000;
/** The year of the facts, in milliseconds UTC. */
export const END = Date.parse("2026-07-01T00:00:00Z");
export const START = END - 365 * DAY;
const BATCH = 50_000;
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

/** Opens an analytics database. */
export const openAnalytics = (location: DatabaseLocation): Promise<Database> =>
  openDatabase({ name: "analytics", location, migrations, log: () => {} });

/** Fills an empty analytics database with the facts of so many tickets. Returns how many facts that are. */
export async function fill(database: Database, tickets: number): Promise<number> {
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

/** The file of so many tickets' facts, made if it is not there yet. */
export async function keptFacts(tickets: number): Promise<string> {
  const name = `metrics-${tickets}-${PROJECTION_VERSION}-${migrations.length}.db`;
  const kept = new URL(`../.data/${name}`, import.meta.url).pathname;
  if ((await stat(kept).catch(() => undefined)) !== undefined) return kept;
  await mkdir(dirname(kept), { recursive: true });
  const file = `${kept}.new`;
  await rm(file, { force: true });
  const database = await openAnalytics({ kind: "sqlite", file });
  await fill(database, tickets);
  await database.close();
  await rename(file, kept);
  return kept;
}
