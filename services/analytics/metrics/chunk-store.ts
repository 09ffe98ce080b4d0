// Facts in the database: small chunks as they come, merged into large ones.
import type { Knex } from "knex";
import { MetricsBucketSize } from "#gen/deskwire/analytics/v1/metrics_pb.js";
import { bucketStarts } from "./buckets.ts";
import { toBytes, wideFrom } from "./bytes.ts";
import { arrange, chunkFromBytes, chunkToBytes, columnsIn } from "./chunk.ts";
import { balanceOf, type Columns, columnsOf, joined, slice } from "./columns.ts";
import type { NumberedFact } from "./fact-code.ts";
import { ownersFromBytes, ownersToBytes } from "./owners.ts";

/** How large chunks get. */
export interface ChunkSizes {
  /** Facts of a small chunk: the last one is written anew with every batch of events until it is full. */
  readonly small: number;
  /** How many full small chunks become one large one, in which the facts of a day and segment stand together. */
  readonly merged: number;
}

const SIZES: ChunkSizes = { small: 2048, merged: 32 };

/** What becomes of a chunk: more is added while it is open, and full ones are merged. */
export const Level = { OPEN: 0, FULL: 1, MERGED: 2 } as const;

interface ChunkRow {
  readonly id: number;
  /** The number of the first small chunk that it was merged from; `id` is that of the last. */
  readonly first_id: number;
  /** The log's position when something was added last. */
  readonly version: number;
  /** See `Level`. */
  readonly level: number;
  /** Seconds since 1970 of the earliest and of the latest fact. */
  readonly min_time: number;
  readonly max_time: number;
  readonly balance: Uint8Array;
  readonly data: Uint8Array;
  readonly times: Uint8Array;
  readonly owners: Uint8Array;
}

/** What identifies a chunk. */
type Name = Pick<ChunkRow, "id" | "first_id" | "version" | "level">;

function rangeOf(times: Uint32Array): { min_time: number; max_time: number } {
  let [min_time, max_time] = [times[0] ?? 0, 0];
  for (const time of times) {
    if (time < min_time) min_time = time;
    if (time > max_time) max_time = time;
  }
  return { min_time, max_time };
}

function toRow(columns: Columns, name: Name, dayStarts: readonly number[]): ChunkRow {
  const { chunk, times, owners } = arrange(columns, dayStarts);
  return {
    ...{ ...name, ...rangeOf(times) },
    balance: toBytes(balanceOf(columns)),
    data: chunkToBytes(chunk),
    ...{ times: toBytes(times), owners: ownersToBytes(owners) },
  };
}

const columnsFrom = ({ data, times, owners }: ChunkRow): Columns =>
  columnsIn({ chunk: chunkFromBytes(data), times: wideFrom(times), owners: ownersFromBytes(owners) });

/** How facts are appended. */
export interface AppendOptions {
  /** The log's position with these facts. */
  readonly version: number;
  /** The desk's. */
  readonly timeZone: string;
  readonly sizes?: ChunkSizes | undefined;
}

/** Merges full small chunks while there are enough. Days go by the desk's clocks, because most questions do. */
async function merge(trx: Knex.Transaction, { version, timeZone, sizes = SIZES }: AppendOptions): Promise<void> {
  while (true) {
    const full = trx("metrics_chunk").where({ level: Level.FULL });
    const rows: ChunkRow[] = await full.orderBy("id").limit(sizes.merged);
    const [first, last] = [rows[0], rows[sizes.merged - 1]];
    if (!first || !last) return;
    const columns = joined(rows.map(columnsFrom));
    const { min_time, max_time } = rangeOf(columns.times);
    const window = { start: min_time * 1000, end: (max_time + 1) * 1000 };
    const days = bucketStarts(timeZone, window, MetricsBucketSize.DAY).map((ms) => ms / 1000);
    await trx("metrics_chunk").whereBetween("id", [first.id, last.id]).delete();
    const name = { id: last.id, first_id: first.id, version, level: Level.MERGED };
    await trx("metrics_chunk").insert(toRow(columns, name, days));
  }
}

/** Appends facts. */
export async function appendFacts(
  trx: Knex.Transaction,
  facts: readonly NumberedFact[],
  options: AppendOptions,
): Promise<void> {
  if (facts.length === 0) return;
  const { version, sizes = SIZES } = options;
  const open: ChunkRow | undefined = await trx("metrics_chunk").where({ level: Level.OPEN }).first();
  const last: number | null = open ? null : (await trx("metrics_chunk").max({ id: "id" }).first())?.id;
  const columns = joined([...(open ? [columnsFrom(open)] : []), columnsOf(facts)]);
  let id = open?.id ?? (last ?? 0) + 1;
  for (let at = 0; at < columns.times.length; at += sizes.small, id++) {
    const part = slice(columns, at, at + sizes.small);
    const level = part.times.length < sizes.small ? Level.OPEN : Level.FULL;
    await trx("metrics_chunk")
      .insert(toRow(part, { id, first_id: id, version, level }, []))
      .onConflict("id")
      .merge();
  }
  if (columns.times.length >= sizes.small) await merge(trx, options);
}
