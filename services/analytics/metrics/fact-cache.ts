// The stored facts as questions read them: an index of all chunks, and the chunks that were asked for last.
import type { Knex } from "knex";
import type { Database } from "../../../runtime/database/database.ts";
import { type Chunk, fromBytes } from "./chunk.ts";
import { type Cursor, readCursor } from "./cursor.ts";
import type { Segment } from "./facts.ts";

/** How many bytes of facts are kept in memory: about a million tickets' worth. */
const BUDGET_BYTES = 96 * 1024 * 1024;
/** Chunks read at once. */
const PAGE = 64;

/** What is known of a chunk without its facts. */
export interface ChunkEntry {
  readonly id: number;
  readonly version: number;
  /** Seconds since 1970 of its earliest and its latest fact. */
  readonly minTime: number;
  readonly maxTime: number;
  /** What it does to the backlog as a whole, see `balanceOf`. */
  readonly balance: Int32Array;
}

interface Kept {
  readonly version: number;
  readonly chunk: Chunk;
  readonly bytes: number;
}

interface EntryRow {
  readonly id: number;
  readonly version: number;
  readonly min_time: number;
  readonly max_time: number;
  readonly balance: Uint8Array;
}

const toEntry = ({ id, version, min_time, max_time, balance }: EntryRow): ChunkEntry => ({
  ...{ id, version, minTime: min_time, maxTime: max_time },
  balance: new Int32Array(new Uint8Array(balance).buffer),
});

/** Reads facts of a database, each chunk once as long as it stays as it is and there is room. */
export class FactCache {
  readonly #database: Database;
  readonly #budget: number;
  readonly #entries = new Map<number, ChunkEntry>();
  readonly #segments = new Map<number, Segment>();
  /** The chunk that was used longest ago comes first. */
  readonly #kept = new Map<number, Kept>();
  #keptBytes = 0;
  #generation = 0;
  #version = 0;
  #refreshing: Promise<Cursor> | undefined;

  constructor(database: Database, budgetBytes: number = BUDGET_BYTES) {
    this.#database = database;
    this.#budget = budgetBytes;
  }

  /** Everything that is stored, in the order of the log. */
  get entries(): Iterable<ChunkEntry> {
    return this.#entries.values();
  }

  /** All segments, by their numbers. */
  get segments(): ReadonlyMap<number, Segment> {
    return this.#segments;
  }

  /** Bytes of facts in memory. */
  get bytes(): number {
    return this.#keptBytes;
  }

  /** Brings the index up to date. All events up to the position of the cursor are in it. */
  refresh(): Promise<Cursor> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refresh(): Promise<Cursor> {
    const { knex } = this.#database;
    const cursor = await readCursor(knex);
    if (cursor.generation !== this.#generation) this.#clear(cursor.generation);
    const columns = ["id", "version", "min_time", "max_time", "balance"];
    const rows: EntryRow[] = await knex("metrics_chunk")
      .where("version", ">", this.#version)
      .orderBy("id")
      .select(columns);
    for (const row of rows) {
      this.#entries.set(row.id, toEntry(row));
      this.#version = Math.max(this.#version, row.version);
    }
    await this.#readSegments(knex);
    return cursor;
  }

  #clear(generation: number): void {
    this.#entries.clear();
    this.#kept.clear();
    this.#keptBytes = 0;
    this.#version = 0;
    this.#generation = generation;
  }

  async #readSegments(knex: Knex): Promise<void> {
    const rows: (Segment & { id: number })[] = await knex("metrics_segment")
      .where("id", ">", this.#segments.size)
      .orderBy("id");
    for (const { id, team, assignee, channel } of rows) this.#segments.set(id, { team, assignee, channel });
  }

  /** Yields the facts of chunks. One that has gone since the index was read is left out. */
  async *chunks(entries: readonly ChunkEntry[]): AsyncGenerator<Chunk> {
    for (let at = 0; at < entries.length; at += PAGE) {
      const page = entries.slice(at, at + PAGE);
      const missing = page.filter(({ id, version }) => this.#kept.get(id)?.version !== version);
      const read = await this.#read(missing);
      for (const { id } of page) {
        const chunk = read.get(id) ?? this.#use(id);
        if (chunk) yield chunk;
      }
    }
  }

  /** A kept chunk, which is now the one used last. */
  #use(id: number): Chunk | undefined {
    const kept = this.#kept.get(id);
    if (!kept) return undefined;
    this.#kept.delete(id);
    this.#kept.set(id, kept);
    return kept.chunk;
  }

  async #read(entries: readonly ChunkEntry[]): Promise<Map<number, Chunk>> {
    const read = new Map<number, Chunk>();
    if (entries.length === 0) return read;
    const generation = this.#generation;
    const ids = entries.map(({ id }) => id);
    const rows: { id: number; version: number; data: Uint8Array }[] = await this.#database
      .knex("metrics_chunk")
      .whereIn("id", ids)
      .select("id", "version", "data");
    for (const { id, version, data } of rows) {
      const chunk = fromBytes(data);
      read.set(id, chunk);
      if (generation === this.#generation) this.#keep(id, { version, chunk, bytes: data.byteLength });
    }
    return read;
  }

  #keep(id: number, kept: Kept): void {
    this.#keptBytes += kept.bytes - (this.#kept.get(id)?.bytes ?? 0);
    this.#kept.delete(id);
    this.#kept.set(id, kept);
    for (const [oldest, { bytes }] of this.#kept) {
      if (this.#keptBytes <= this.#budget) return;
      this.#kept.delete(oldest);
      this.#keptBytes -= bytes;
    }
  }
}
