// Answers a question from the stored facts.
import { setImmediate } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type MetricsGroup, MetricsGrouping, MetricsKind } from "#gen/deskwire/analytics/v1/metrics_pb.js";
import { type GetMetricsResponse, GetMetricsResponseSchema } from "#gen/deskwire/analytics/v1/metrics_service_pb.js";
import type { Database } from "../../../runtime/database/database.ts";
import type { Policy } from "../../../runtime/policy/policy.ts";
import { CustomerActivity } from "./activity.ts";
import { type Frame, type Grouping, isCut } from "./cells.ts";
import { type ChunkEntry, type FactCache, type Facts, Outdated } from "./fact-cache.ts";
import { Figures } from "./figures.ts";
import { type Candidates, type CustomerCandidates, candidatesOf, narrowed, onlyShown, ranked } from "./grouping.ts";
import { progressOf } from "./progress.ts";
import { MAX_CELLS, type Question } from "./question.ts";
import { Tally } from "./tally.ts";

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

/** What facts are put into: chunk by chunk, or by its balance one that lies before the window as a whole. */
interface Folding {
  add(facts: Facts): void;
  addBalance?(balance: Int32Array): void;
}

/** Puts the facts that matter into `into`; those before the window if it takes balances. */
async function fold(
  { cache }: AnsweringOptions,
  { frame, customers }: { frame: Frame; customers: boolean },
  into: Folding,
  signal: AbortSignal,
): Promise<void> {
  const needed: ChunkEntry[] = [];
  for (const entry of cache.entries) {
    if (entry.minTime >= frame.end) continue;
    if (entry.maxTime >= frame.start || (into.addBalance && customers)) needed.push(entry);
    else into.addBalance?.(entry.balance);
  }
  const times = ({ blocks }: Facts["chunk"]) => blocks.some((block) => isCut(frame, block));
  let turn = performance.now();
  for await (const page of cache.chunks({ entries: needed, owners: customers, times })) {
    for (const facts of page) {
      into.add(facts);
      if (performance.now() - turn < TURN_MS) continue;
      await setImmediate();
      signal.throwIfAborted();
      turn = performance.now();
    }
  }
}

/** What was counted, and which groups are shown. */
interface Counted {
  /** All groups together. */
  readonly total: Tally;
  /** Those that are shown among them. */
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
  question: Question,
  candidates: Candidates,
  signal: AbortSignal,
): Promise<Counted> {
  const { frame, groupBy, groupLimit, kinds } = question;
  const limit = groupBy === MetricsGrouping.UNSPECIFIED ? 0 : groupLimit;
  if (candidates.by === "customer") return countCustomers(options, question, candidates, signal);
  const tallyOf = async (part: Frame, grouping: Grouping, wanted: ReadonlySet<MetricsKind>, ranks: boolean) => {
    const tally = new Tally(part, grouping, wanted, ranks);
    await fold(options, { frame: part, customers: grouping.customers !== undefined }, tally, signal);
    return tally;
  };
  if (candidates.groups * frame.starts.length <= MAX_CELLS) {
    const tally = await tallyOf(frame, candidates, kinds, limit > 0);
    return { total: tally, tally, ...ranked(tally.activity(), limit), groupOf: (group) => group };
  }
  const rough = await tallyOf({ ...frame, starts: [frame.start] }, candidates, new Set(), true);
  const { shown, leftOut } = ranked(rough.activity(), limit);
  const tally = await tallyOf(frame, narrowed(candidates, shown), kinds, false);
  return { total: tally, tally, shown, leftOut, groupOf: (_, place) => place };
}

/** Finds first which customers are shown; then counts these few by themselves, and all together without telling them apart. */
async function countCustomers(
  options: AnsweringOptions,
  { frame, groupLimit, kinds }: Question,
  candidates: CustomerCandidates,
  signal: AbortSignal,
): Promise<Counted> {
  const activity = new CustomerActivity(frame, candidates);
  await fold(options, { frame, customers: true }, activity, signal);
  const { shown, leftOut } = ranked(activity.byGroup, groupLimit);
  const total = new Tally(frame, candidates.everybody, kinds, false);
  const tally = new Tally(frame, onlyShown(candidates, shown), kinds, false);
  const both = {
    add(facts: Facts) {
      total.add(facts);
      tally.add(facts);
    },
    addBalance() {},
  };
  await fold(options, { frame, customers: true }, both, signal);
  return { total, tally, shown, leftOut, groupOf: (_, place) => place };
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
  while (true) {
    try {
      return await answerOnce(options, question, signal);
    } catch (error) {
      // What was read until then is kept, so that the next try takes less.
      if (!(error instanceof Outdated)) throw error;
      signal.throwIfAborted();
    }
  }
}

async function answerOnce(
  options: AnsweringOptions,
  question: Question,
  signal: AbortSignal,
): Promise<GetMetricsResponse> {
  const { database, cache, policy } = options;
  const { frame, kinds, sized } = question;
  const cursor = await cache.refresh();
  const candidates = await candidatesOf(database.knex, question, cache.segments);
  const { total, tally, shown, leftOut, groupOf } = await count(options, question, candidates, signal);
  const figures = new Figures(tally, kinds, new Set(shown.map(groupOf)));
  const ofAll = total === tally ? figures : new Figures(total, kinds, new Set());
  const names = await candidates.names(database.knex, shown);
  const groups = shown.map((group, place) => ({
    key: names.get(group) ?? "",
    series: figures.series(groupOf(group, place), sized),
  }));
  return create(GetMetricsResponseSchema, {
    startTime: timestampFromMs(frame.start * 1000),
    endTime: timestampFromMs(frame.end * 1000),
    total: ofAll.series(undefined, sized),
    groups: groups as MetricsGroup[],
    groupsLeftOut: leftOut,
    settings: {
      timeZone: policy.timeZone,
      aiAnswerStopsClocks: policy.aiReplyStopsFirstResponse,
      pausesWhileWaitingOnCustomer: policy.pauseWhileWaitingOnCustomer,
    },
    progress: progressOf(cursor),
    engines: kinds.has(MetricsKind.MOOD) ? await enginesOf(options, total.engines) : [],
  });
}
