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
import { candidatesOf, narrowed, ranked } from "./grouping.ts";
import { progressOf } from "./progress.ts";
import type { Question } from "./question.ts";

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
  const { frame, groupBy, groupLimit, kinds, sized } = question;
  const cursor = await cache.refresh();
  const candidates = await candidatesOf(database.knex, question, cache.segments);
  let [shown, leftOut]: [number[], number] = [[], 0];
  if (groupBy !== MetricsGrouping.UNSPECIFIED) {
    // To know who of all customers has old tickets open would take all facts since the beginning.
    const backlog = candidates.by === "segment";
    const activity = new Activity(frame, candidates, backlog);
    await fold(options, { frame, grouping: candidates, backlog }, activity, signal);
    ({ shown, leftOut } = ranked(activity.counts, groupLimit));
  }
  const tally = new Tally(frame, narrowed(candidates, shown));
  const volume = kinds.has(MetricsKind.VOLUME);
  await fold(options, { frame, grouping: tally.grouping, backlog: volume }, tally, signal);
  const figures = new Figures(tally, kinds);
  const names = await candidates.names(database.knex, shown);
  const groups = shown.map((group, place) => ({ key: names.get(group) ?? "", series: figures.series(place, sized) }));
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
