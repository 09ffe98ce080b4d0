// Counts what lies in a window: from what is kept of chunks, and from their facts.
import { MetricsKind } from "#gen/deskwire/analytics/v1/metrics_pb.js";
import { type Frame, type Grouping, isCut, liesIn, touches } from "./cells.ts";
import { countChunk } from "./counted-chunk.ts";
import type { ChunkEntry, FactCache, Facts } from "./fact-cache.ts";
import { FactCounter } from "./fact-counter.ts";
import type { Tally } from "./tally.ts";

/** What an answer is made from: all that it counts is of the same moment. */
export interface Sources {
  readonly cache: FactCache;
  readonly entries: readonly ChunkEntry[];
  /** Lets other calls have their turn; throws when nobody waits for the answer any more. */
  pass(): Promise<void>;
}

/** What to count. */
interface Count {
  readonly frame: Frame;
  readonly grouping: Grouping;
  readonly kinds: ReadonlySet<MetricsKind>;
}

/** Puts the facts of chunks into `add`: with their owners where customers make a difference, and with times where they do. */
export async function addFacts(
  { cache, pass }: Sources,
  { entries, frame, customers }: { entries: readonly ChunkEntry[]; frame: Frame; customers: boolean },
  add: (facts: Facts) => void,
): Promise<void> {
  const times = ({ blocks }: Facts["chunk"]) => blocks.some((block) => isCut(frame, block));
  for await (const page of cache.chunks({ entries, owners: customers, times })) {
    for (const facts of page) {
      add(facts);
      await pass();
    }
  }
}

/** Whether all of a chunk lies before the window or within it. */
const isWhole = (entry: ChunkEntry, frame: Frame) => entry.maxTime < frame.start || liesIn(entry, frame);

/** Whether to keep what is counted of chunks: without lengths and customers counting the facts is as quick. */
const isKept = ({ grouping: { customers }, kinds }: Count) =>
  customers !== undefined || kinds.has(MetricsKind.RESPONSE_TIME) || kinds.has(MetricsKind.RESOLUTION_TIME);

/** Counts a window as a whole, and how the backlog came to be before it. `ranks` asks for what groups are ranked by. */
export async function countWindow(sources: Sources, what: Count & { readonly ranks: boolean }): Promise<Tally> {
  const { cache, pass } = sources;
  const { frame, grouping, kinds, ranks } = what;
  const counter = new FactCounter(frame, grouping, kinds, ranks);
  const customers = grouping.customers !== undefined;
  const kept = isKept(what);
  const addPart = (part: Tally, { maxTime }: ChunkEntry) =>
    maxTime < frame.start ? counter.tally.addBefore(part) : counter.tally.addPart(part);
  const needed: ChunkEntry[] = [];
  for (const entry of sources.entries) {
    if (entry.minTime >= frame.end) continue;
    const part = kept && isWhole(entry, frame) && cache.counted(grouping.name, entry);
    if (entry.maxTime < frame.start && !customers) counter.addBalance(entry.balance);
    else if (part) addPart(part, entry);
    else needed.push(entry);
    await pass();
  }
  await addFacts(sources, { entries: needed, frame, customers }, (facts) => {
    const { entry } = facts;
    if (!kept || entry.open || !isWhole(entry, frame)) return counter.add(facts);
    const part = countChunk(facts, grouping);
    cache.keepCounted(grouping.name, entry, part);
    addPart(part, entry);
  });
  return counter.end();
}

/** Counts buckets, but not what was before them. */
export async function countBuckets(sources: Sources, { frame, grouping, kinds }: Count): Promise<Tally> {
  const counter = new FactCounter(frame, grouping, kinds, false);
  const entries = sources.entries.filter((entry) => touches(entry, frame));
  const customers = grouping.customers !== undefined;
  await addFacts(sources, { entries, frame, customers }, (facts) => counter.add(facts));
  return counter.end();
}
