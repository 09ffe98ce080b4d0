// Figures of buckets in which nothing happens any more, so that a question counts those that are new.
import type { Metrics } from "#gen/deskwire/analytics/v1/metrics_pb.js";
import { Recent } from "../../../runtime/recent.ts";
import type { Window } from "./buckets.ts";
import { touches } from "./cells.ts";
import type { ChunkEntry } from "./fact-cache.ts";

/** How many sets of figures are kept, of about two kilobytes each. */
const MAX_KEPT = 10_000;

/** The figures of a group in a bucket. */
export interface BucketFigures {
  /** All but the backlog, which depends on what was before. */
  readonly metrics: Metrics;
  /** How the backlog changes. */
  readonly change: number;
}

interface Finished {
  /** The chunks that have facts of that time. */
  readonly chunks: readonly ChunkEntry[];
  /** By group. */
  readonly figures: ReadonlyMap<number, BucketFigures>;
}

/** Chunks that may have facts of a bucket; nothing where some of them are in the chunk that changes all the time. */
function chunksOf(entries: readonly ChunkEntry[], bucket: Window): ChunkEntry[] | undefined {
  const { start, end } = bucket;
  const near = entries.filter((entry) => touches(entry, bucket));
  const open = near.find((entry) => entry.open);
  if (open?.open?.times.some((time) => time >= start && time < end)) return undefined;
  return near.filter((entry) => entry !== open);
}

const keyOf = (name: string, { start, end }: Window) => `${name} ${start} ${end}`;

/** The buckets that were asked for last. */
export class FinishedBuckets {
  readonly #kept = new Recent<string, Finished>(MAX_KEPT, ({ figures }) => figures.size);

  /**
   * The figures of some groups in a bucket, if all are kept and no facts have come since.
   *
   * @param name what is counted, and by which grouping
   * @param bucket in seconds since 1970
   */
  find(name: string, bucket: Window, groups: readonly number[], entries: readonly ChunkEntry[]) {
    const kept = this.#kept.get(keyOf(name, bucket));
    if (!kept || !groups.every((group) => kept.figures.has(group))) return undefined;
    const chunks = chunksOf(entries, bucket);
    const isAsItWas = chunks?.length === kept.chunks.length && chunks.every((chunk, at) => chunk === kept.chunks[at]);
    return isAsItWas ? kept.figures : undefined;
  }

  /** Keeps the figures of a bucket if it is finished. */
  keep(
    name: string,
    bucket: Window,
    figures: ReadonlyMap<number, BucketFigures>,
    entries: readonly ChunkEntry[],
  ): void {
    const chunks = chunksOf(entries, bucket);
    if (chunks) this.#kept.set(keyOf(name, bucket), { chunks, figures });
  }
}
