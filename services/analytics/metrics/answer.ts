// Answers a question from the stored facts.
import { setImmediate } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type MetricsGroup, MetricsGrouping, MetricsKind } from "#gen/deskwire/analytics/v1/metrics_pb.js";
import { type GetMetricsResponse, GetMetricsResponseSchema } from "#gen/deskwire/analytics/v1/metrics_service_pb.js";
import type { Database } from "../../../runtime/database/database.ts";
import type { Policy } from "../../../runtime/policy/policy.ts";
import type { ChunkEntry, FactCache } from "./fact-cache.ts";
import { Figures } from "./figures.ts";
import { Activity, type Folding, type Grouping, Tally } from "./fold.ts";
import { type Candidates, candidatesOf, narrowed, ranked } from "./grouping.ts";
import { progressOf } from "./progress.ts";
import { MAX_CELLS, type Question } from "./question.ts";

/** How long counting may keep the process to itself, in milliseconds, before other calls get their turn. */
const TURN_MS = 15;
/** A taught engine has a new name with every correction. */
const MAX_ENGINES = 20;

/** What answering stands on. */
export interface AnsweringOptions {
  readonly database: Database;
  readonly cache: FactCache;
  readonly policy: Policy;
}

/** Puts the facts that matter into a tally; of what lies before the window, the balance is enough unless customers matter. */
async function fold(
  { cache }: AnsweringOptions,
  { frame, grouping, backlog }: { frame: Question["frame"]; grouping: Grouping; backlog: boolean },
  into: Folding,
  signal: AbortSignal,
): Promise<void> {
  const needed: ChunkEntry[] = [];
  /** Takes what lies before or after the window as a whole; false where it has to be looked into. */
  const settled = ({ minTime, maxTime, balance }: Omit<ChunkEntry, "id" | "version">): boolean => {
    if (minTime >= frame.end) return true;
    if (maxTime >= frame.start || (backlog && grouping.customers)) return false;
    if (backlog) into.addBalance(balance);
    return true;
  };
  for (const page of cache.pages) {
    if (!settled(page)) needed.push(...page.entries.filter((entry) => !settled(entry)));
  }
  let turn = performance.now();
  for await (const page of cache.chunks(needed, grouping.customers !== undefined)) {
    for (const { chunk, customers } of page) {
      into.add(chunk, customers);
      if (performance.now() - turn < TURN_MS) continue;
      await setImmediate();
      signal.throwIfAborted();
      turn = performance.now();
    }
  }
}

/** A tally, and which of its groups are shown. */
interface Counted {
  readonly tally: Tally;
  /** The groups that are shown, by their number among the candidates, those with the most going on first. */
  readonly shown: readonly number[];
  readonly leftOut: number;
  /** The number in the tally of the group that is shown at a place. */
  groupOf(group: number, place: number): number;
}

/** Counts once, where all groups fit into a tally; else finds first which groups are shown, and puts the others into one. */
async function count(
  options: AnsweringOptions,
  { frame, groupBy, groupLimit, kinds }: Question,
  candidates: Candidates,
  signal: AbortSignal,
): Promise<Counted> {
  const limit = groupBy === MetricsGrouping.UNSPECIFIED ? 0 : groupLimit;
  if (candidates.by === "segment" && candidates.groups * frame.starts.length <= MAX_CELLS) {
    const tally = new Tally(frame, candidates, kinds);
    const backlog = limit > 0 || kinds.has(MetricsKind.VOLUME);
    await fold(options, { frame, grouping: candidates, backlog }, tally, signal);
    return { tally, ...ranked(tally.activity(), limit), groupOf: (group) => group };
  }
  // To know who of all customers has old tickets open would take all facts since the beginning.
  const open = candidates.by === "segment";
  const activity = new Activity(frame, candidates, open);
  await fold(options, { frame, grouping: candidates, backlog: open }, activity, signal);
  const { shown, leftOut } = ranked(activity.counts, limit);
  const grouping = narrowed(candidates, shown);
  const tally = new Tally(frame, grouping, kinds);
  await fold(options, { frame, grouping, backlog: kinds.has(MetricsKind.VOLUME) }, tally, signal);
  return { tally, shown, leftOut, groupOf: (_, place) => place };
}

/** The engines that read the texts, the latest last; no more than anybody would read. */
async function enginesOf({ database }: AnsweringOptions, read: Uint8Array): Promise<string[]> {
  const numbers = [...read.keys()].filter((number) => read[number] === 1).slice(-MAX_ENGINES);
  return numbers.length === 0 ? [] : database.knex("metrics_engine").whereIn("id", numbers).orderBy("id").pluck("name");
}

/** Answers a question. What is counted meanwhile may be in the answer or not; `progress` says what is in it for certain. */
export async function answer(
  options: AnsweringOptions,
  question: Question,
  signal: AbortSignal,
): Promise<GetMetricsResponse> {
  const { database, cache, policy } = options;
  const { frame, kinds, sized } = question;
  const cursor = await cache.refresh();
  const candidates = await candidatesOf(database.knex, question, cache.segments);
  const { tally, shown, leftOut, groupOf } = await count(options, question, candidates, signal);
  const figures = new Figures(tally, kinds);
  const names = await candidates.names(database.knex, shown);
  const groups = shown.map((group, place) => ({
    key: names.get(group) ?? "",
    series: figures.series(groupOf(group, place), sized),
  }));
  return create(GetMetricsResponseSchema, {
    startTime: timestampFromMs(frame.start * 1000),
    endTime: timestampFromMs(frame.end * 1000),
    total: figures.series(undefined, sized),
    groups: groups as MetricsGroup[],
    groupsLeftOut: leftOut,
    settings: {
      timeZone: policy.timeZone,
      aiAnswerStopsClocks: policy.aiReplyStopsFirstResponse,
      pausesWhileWaitingOnCustomer: policy.pauseWhileWaitingOnCustomer,
    },
    progress: progressOf(cursor),
    engines: kinds.has(MetricsKind.MOOD) ? await enginesOf(options, tally.engines) : [],
  });
}
