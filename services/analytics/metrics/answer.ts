// Answers a question from the stored facts.
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type MetricsGroup, MetricsKind } from "#gen/deskwire/analytics/v1/metrics_pb.js";
import { type GetMetricsResponse, GetMetricsResponseSchema } from "#gen/deskwire/analytics/v1/metrics_service_pb.js";
import { Turn } from "../../../runtime/background/turn.ts";
import type { Database } from "../../../runtime/database/database.ts";
import type { Policy } from "../../../runtime/policy/policy.ts";
import { CustomerActivity } from "./activity.ts";
import { type Grouping, touches } from "./cells.ts";
import { addFacts, countWindow, type Sources } from "./count-facts.ts";
import { type FactCache, Outdated } from "./fact-cache.ts";
import {
  type CustomerCandidates,
  candidatesOf,
  narrowed,
  onlyShown,
  ranked,
  type SegmentCandidates,
} from "./grouping.ts";
import { progressOf } from "./progress.ts";
import type { Question } from "./question.ts";
import { bucketsOf, seriesOf } from "./series.ts";
import type { Tally } from "./tally.ts";

/** A taught engine has a new name with every correction. */
const MAX_ENGINES = 20;

/** What answering stands on. */
export interface AnsweringOptions {
  readonly database: Database;
  readonly cache: FactCache;
  readonly policy: Policy;
}

/** Groups that are shown, those with the most going on first. */
interface Shown {
  /** Their numbers among the candidates. */
  readonly shown: readonly number[];
  readonly leftOut: number;
  /** By these alone, numbered in their order. */
  readonly grouping: Grouping;
  /** What was counted within the window as a whole, and which group is which in it. */
  readonly tally: Tally;
  groupOf(group: number, place: number): number;
}

/** Finds out which groups are shown. */
async function shownOf(
  sources: Sources,
  { frame, groupLimit, kinds }: Question,
  candidates: SegmentCandidates | CustomerCandidates,
): Promise<Shown> {
  if (candidates.by === "segment") {
    const tally = await countWindow(sources, { frame, grouping: candidates, kinds, ranks: true });
    const { shown, leftOut } = ranked(tally.activity(), groupLimit);
    return { shown, leftOut, tally, grouping: narrowed(candidates, shown), groupOf: (group) => group };
  }
  const activity = new CustomerActivity(frame, candidates);
  const inWindow = sources.entries.filter((entry) => touches(entry, frame));
  const { whole = [], others = [] } = Object.groupBy(inWindow, (entry) =>
    activity.takesOwners(entry) ? "whole" : "others",
  );
  for await (const page of sources.cache.owners(whole)) {
    for (const owners of page) activity.addOwners(owners);
    await sources.pass();
  }
  await addFacts(sources, { entries: others, frame, customers: true }, (facts) => activity.add(facts));
  const { shown, leftOut } = ranked(activity.byGroup, groupLimit);
  const grouping = onlyShown(candidates, shown);
  const tally = await countWindow(sources, { frame, grouping, kinds, ranks: false });
  return { shown, leftOut, tally, grouping, groupOf: (_, place) => place };
}

/** The engines that read the texts, the latest last; no more than anybody would read. */
async function enginesOf(database: Database, read: Uint8Array): Promise<string[]> {
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
  { database, cache, policy }: AnsweringOptions,
  question: Question,
  signal: AbortSignal,
): Promise<GetMetricsResponse> {
  const { frame, kinds } = question;
  const cursor = await cache.refresh();
  const turn = new Turn();
  const sources: Sources = {
    cache,
    entries: [...cache.entries],
    async pass() {
      if (!turn.isOver) return;
      await turn.pass();
      signal.throwIfAborted();
    },
  };
  const { all, groups: candidates } = await candidatesOf(database.knex, question, cache.segments);
  const total = await countWindow(sources, { frame, grouping: all, kinds, ranks: false });
  const buckets = await bucketsOf(sources, question, { grouping: all, groups: [0], name: all.name });
  const groups: MetricsGroup[] = [];
  let groupsLeftOut = 0;
  if (candidates) {
    const { shown, leftOut, tally, grouping, groupOf } = await shownOf(sources, question, candidates);
    const { name } = candidates.by === "segment" ? candidates : grouping;
    const ofShown = await bucketsOf(sources, question, { grouping, groups: shown, name });
    const names = await candidates.names(database.knex, shown);
    for (const [place, group] of shown.entries()) {
      const whole = { tally, group: groupOf(group, place) };
      const ofGroup = ofShown.map((bucket) => bucket.get(group));
      const series = seriesOf(question, whole, ofGroup);
      groups.push({ $typeName: "deskwire.analytics.v1.MetricsGroup", key: names.get(group) ?? "", series });
      await sources.pass();
    }
    groupsLeftOut = leftOut;
  }
  return create(GetMetricsResponseSchema, {
    startTime: timestampFromMs(frame.start * 1000),
    endTime: timestampFromMs(frame.end * 1000),
    total: seriesOf(
      question,
      { tally: total, group: 0 },
      buckets.map((bucket) => bucket.get(0)),
    ),
    groups,
    groupsLeftOut,
    settings: {
      timeZone: policy.timeZone,
      aiAnswerStopsClocks: policy.aiReplyStopsFirstResponse,
      pausesWhileWaitingOnCustomer: policy.pauseWhileWaitingOnCustomer,
    },
    progress: progressOf(cursor),
    engines: kinds.has(MetricsKind.MOOD) ? await enginesOf(database, total.engines) : [],
  });
}
