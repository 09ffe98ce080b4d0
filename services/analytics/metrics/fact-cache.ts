// The stored facts as questions read them: an index of all chunks, and the chunks that were asked for last.
import type { Knex } from "knex";
import type { Database } from "../../../runtime/database/database.ts";
import { wideFrom } from "./bytes.ts";
import { type Chunk, chunkFromBytes, type WholeChunk } from "./chunk.ts";
import { Level } from "./chunk-store.ts";
import { type Cursor, readCursor } from "./cursor.ts";
import type { Segment } from "./facts.ts";
import { FinishedBuckets } from "./finished-buckets.ts";
import { KeptByChunk } from "./kept-by-chunk.ts";
import { type Owners, ownersFromBytes } from "./owners.ts";
import type { Tally } from "./tally.ts";

/** How many bytes of facts are kept in memory: about a million tickets' worth. */
const BUDGET_BYTES = 80 * 1024 * 1024;
/** Chunks read at once. */
const PAGE = 8;

/** What is known of a chunk without its facts. */
export interface ChunkEntry {
  readonly id: number;
  /** The number of the first chunk that was merged into this one; its own if none was. */
  readonly firstId: number;
  readonly version: number;
  /** Seconds since 1970 of its earliest and its latest fact. */
  readonly minTime: number;
  readonly maxTime: number;
  /** What it does to the backlog as a whole, see `balanceOf`. */
  readonly balance: Int32Array;
  /** Its facts, if more are to come: read in one go, for it changes all the time. */
  readonly open: WholeChunk | undefined;
}

/** A chunk, and what of it is kept apart where that was asked for. */
export interface Facts {
  readonly entry: ChunkEntry;
  readonly chunk: Chunk;
  readonly times: Uint32Array | undefined;
  readonly owners: Owners | undefined;
}

/** Which chunks to read, and what of them. */
export interface Wanted {
  readonly entries: readonly ChunkEntry[];
  /** Whether it is needed whose its facts are. */
  readonly owners: boolean;
  /** Whether the times of its facts are needed. */
  readonly times: (chunk: Chunk) => boolean;
}

/** Chunks have been merged, or all has begun anew, since the index was read: ask again. */
export class Outdated extends Error {}

/** A column of the table of chunks. */
interface Column<T> {
  readonly name: string;
  read(bytes: Uint8Array): T;
}

const DATA: Column<Chunk> = { name: "data", read: chunkFromBytes };
const TIMES: Column<Uint32Array> = { name: "times", read: wideFrom };
const OWNERS: Column<Owners> = { name: "owners", read: ownersFromBytes };

interface EntryRow {
  readonly id: number;
  readonly first_id: number;
  readonly version: number;
  readonly min_time: number;
  readonly max_time: number;
  readonly balance: Uint8Array;
  readonly data: Uint8Array | null;
  readonly times: Uint8Array | null;
  readonly owners: Uint8Array | null;
}

const toEntry = ({ id, first_id, version, min_time, max_time, balance, ...row }: EntryRow): ChunkEntry => ({
  ...{ id, firstId: first_id, version, minTime: min_time, maxTime: max_time },
  balance: new Int32Array(new Uint8Array(balance).buffer),
  open:
    row.data && row.times && row.owners
      ? { chunk: chunkFromBytes(row.data), times: wideFrom(row.times), owners: ownersFromBytes(row.owners) }
      : undefined,
});

/** Reads facts of a database, each chunk once as long as it stays as it is and there is room. */
export class FactCache {
  readonly finished = new FinishedBuckets();
  readonly #database: Database;
  readonly #entries = new Map<number, ChunkEntry>();
  readonly #segments = new Map<number, Segment>();
  readonly #kept: KeptByChunk;
  #generation = 0;
  #version = 0;
  #refreshing: Promise<Cursor> | undefined;

  constructor(database: Database, budgetBytes: number = BUDGET_BYTES) {
    this.#database = database;
    this.#kept = new KeptByChunk(budgetBytes);
  }

  /** All chunks. */
  get entries(): Iterable<ChunkEntry> {
    return this.#entries.values();
  }

  /** All segments, by their numbers. */
  get segments(): ReadonlyMap<number, Segment> {
    return this.#segments;
  }

  /** Bytes of facts in memory. */
  get bytes(): number {
    return this.#kept.bytes;
  }

  /** Brings the index up to date. All events up to the position of the cursor are in it. */
  refresh(): Promise<Cursor> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refresh(): Promise<Cursor> {
    this.#kept.begin();
    const { knex } = this.#database;
    const cursor = await readCursor(knex);
    if (cursor.generation !== this.#generation) this.#clear(cursor.generation);
    const columns = ["id", "first_id", "version", "min_time", "max_time", "balance"];
    const open = [DATA, TIMES, OWNERS].map(({ name }) =>
      knex.raw("CASE WHEN level = ? THEN ?? END AS ??", [Level.OPEN, name, name]),
    );
    const rows: EntryRow[] = await knex("metrics_chunk")
      .where("version", ">", this.#version)
      .select(...columns, ...open);
    for (const row of rows) {
      for (let id = row.first_id; id <= row.id; id++) this.#forget(id);
      this.#entries.set(row.id, toEntry(row));
      this.#version = Math.max(this.#version, row.version);
    }
    await this.#readSegments(knex);
    return cursor;
  }

  #clear(generation: number): void {
    for (const id of [...this.#entries.keys()]) this.#forget(id);
    this.#version = 0;
    this.#generation = generation;
  }

  #forget(id: number): void {
    this.#entries.delete(id);
    this.#kept.forget(id);
  }

  async #readSegments(knex: Knex): Promise<void> {
    const rows: (Segment & { id: number })[] = await knex("metrics_segment")
      .where("id", ">", this.#segments.size)
      .orderBy("id");
    for (const { id, team, assignee, channel } of rows) this.#segments.set(id, { team, assignee, channel });
  }

  /**
   * Yields the facts of chunks, some at once.
   *
   * @throws Outdated when they have changed since the index was read
   */
  async *chunks({ entries, owners, times }: Wanted): AsyncGenerator<Facts[]> {
    yield entries.flatMap((entry) => (entry.open ? { ...entry.open, entry } : []));
    const full = entries.filter(({ open }) => open === undefined);
    for (let at = 0; at < full.length; at += PAGE) {
      const page = full.slice(at, at + PAGE);
      const data = await this.#load(page, DATA);
      const chunkOf = ({ id }: ChunkEntry) => data.get(id) as Chunk;
      const cut = page.filter((entry) => times(chunkOf(entry)));
      const when = await this.#load(cut, TIMES);
      const whose = owners ? await this.#load(page, OWNERS) : undefined;
      yield page.map((entry) => ({
        entry,
        chunk: chunkOf(entry),
        times: when.get(entry.id),
        owners: whose?.get(entry.id),
      }));
    }
  }

  /**
   * Yields whose the facts of chunks are, some at once; of chunks that are not open.
   *
   * @throws Outdated when they have changed since the index was read
   */
  async *owners(entries: readonly ChunkEntry[]): AsyncGenerator<Iterable<Owners>> {
    for (let at = 0; at < entries.length; at += PAGE) {
      yield (await this.#load(entries.slice(at, at + PAGE), OWNERS)).values();
    }
  }

  async #load<T>(entries: readonly ChunkEntry[], column: Column<T>): Promise<Map<number, T>> {
    const found = new Map<number, T>();
    const missing = new Map<number, ChunkEntry>();
    for (const entry of entries) {
      const value = this.#kept.get<T>(entry.id, column.name);
      if (value === undefined) missing.set(entry.id, entry);
      else found.set(entry.id, value);
    }
    if (missing.size === 0) return found;
    const rows: { id: number; first_id: number; version: number; bytes: Uint8Array }[] = await this.#database
      .knex("metrics_chunk")
      .whereIn("id", [...missing.keys()])
      .select("id", "first_id", "version", { bytes: column.name });
    for (const { id, first_id, version, bytes } of rows) {
      const entry = missing.get(id);
      if (entry?.firstId !== first_id || entry.version !== version) continue;
      const value = column.read(bytes);
      found.set(id, value);
      this.#keep(entry, column.name, value, bytes.byteLength);
    }
    if (found.size < entries.length) throw new Outdated();
    return found;
  }

  /** What has been counted of a chunk by a grouping, if it is kept. */
  counted(grouping: string, { id }: ChunkEntry): Tally | undefined {
    return this.#kept.get<Tally>(id, grouping);
  }

  /** Keeps what has been counted of a chunk. */
  keepCounted(grouping: string, entry: ChunkEntry, tally: Tally): void {
    this.#keep(entry, grouping, tally, tally.bytes);
  }

  #keep(entry: ChunkEntry, name: string, value: unknown, bytes: number): void {
    // The index may have been read again meanwhile.
    if (this.#entries.get(entry.id) === entry) this.#kept.put(entry.id, name, value, bytes);
  }
}
