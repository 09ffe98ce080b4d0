// The stored facts as questions read them: an index of all chunks, and the chunks that were asked for last.
import type { Knex } from "knex";
import type { Database } from "../../../runtime/database/database.ts";
import { type Chunk, type Customers, customersFromBytes, fromBytes } from "./chunk.ts";
import { type Cursor, readCursor } from "./cursor.ts";
import type { Segment } from "./facts.ts";

/** How many bytes of facts are kept in memory: about a million tickets' worth. */
const BUDGET_BYTES = 96 * 1024 * 1024;
/** Chunks read, and summed up, at once. */
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

/** Chunks that follow each other. */
export interface ChunkPage {
  readonly entries: readonly ChunkEntry[];
  readonly minTime: number;
  readonly maxTime: number;
  /** What they do to the backlog together. */
  readonly balance: Int32Array;
}

/** A chunk, and whose its facts are where that was asked for. */
export interface Facts {
  readonly chunk: Chunk;
  readonly customers: Customers | undefined;
}

interface Kept<T> {
  readonly version: number;
  readonly value: T;
  readonly bytes: number;
}

/** One column of the table of chunks, as far as it is in memory. */
class Column<T> {
  readonly kept = new Map<number, Kept<T>>();
  /** No kept chunk has a lower number. */
  oldest = Number.POSITIVE_INFINITY;
  readonly name: string;
  readonly read: (bytes: Uint8Array) => T;

  constructor(name: string, read: (bytes: Uint8Array) => T) {
    this.name = name;
    this.read = read;
  }
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

function pageOf(entries: readonly ChunkEntry[]): ChunkPage {
  const changes = new Map<number, number>();
  for (const { balance } of entries) {
    for (let index = 0; index < balance.length; index += 2) {
      const [segment, change] = [balance[index] as number, balance[index + 1] as number];
      changes.set(segment, (changes.get(segment) ?? 0) + change);
    }
  }
  return {
    entries,
    minTime: Math.min(...entries.map(({ minTime }) => minTime)),
    maxTime: Math.max(...entries.map(({ maxTime }) => maxTime)),
    balance: Int32Array.from([...changes].filter(([, change]) => change !== 0).flat()),
  };
}

/** Reads facts of a database, each chunk once as long as it stays as it is and there is room. */
export class FactCache {
  readonly #database: Database;
  readonly #budget: number;
  /** By their numbers, which begin with 1 and have no gaps. */
  readonly #entries: ChunkEntry[] = [];
  readonly #pages: (ChunkPage | undefined)[] = [];
  readonly #segments = new Map<number, Segment>();
  readonly #data = new Column("data", fromBytes);
  readonly #customers = new Column("customers", customersFromBytes);
  #keptBytes = 0;
  #generation = 0;
  #version = 0;
  #refreshing: Promise<Cursor> | undefined;

  constructor(database: Database, budgetBytes: number = BUDGET_BYTES) {
    this.#database = database;
    this.#budget = budgetBytes;
  }

  /** Everything that is stored, in the order of the log. */
  get pages(): Iterable<ChunkPage> {
    for (let number = 0; number * PAGE < this.#entries.length; number++) {
      this.#pages[number] ??= pageOf(this.#entries.slice(number * PAGE, (number + 1) * PAGE));
    }
    return this.#pages as ChunkPage[];
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
      this.#entries[row.id - 1] = toEntry(row);
      this.#pages[Math.floor((row.id - 1) / PAGE)] = undefined;
      this.#version = Math.max(this.#version, row.version);
    }
    await this.#readSegments(knex);
    return cursor;
  }

  #clear(generation: number): void {
    this.#entries.length = 0;
    this.#pages.length = 0;
    for (const column of [this.#data, this.#customers]) column.kept.clear();
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

  /** Yields the facts of chunks, many at once. One that has gone since the index was read is left out. */
  async *chunks(entries: readonly ChunkEntry[], customers: boolean): AsyncGenerator<Facts[]> {
    for (let at = 0; at < entries.length; at += PAGE) {
      const page = entries.slice(at, at + PAGE);
      const data = await this.#load(page, this.#data);
      const whose = customers ? await this.#load(page, this.#customers) : undefined;
      yield page.flatMap(({ id }) => {
        const [chunk, own] = [data.get(id), whose?.get(id)];
        return chunk && (own || !customers) ? { chunk, customers: own } : [];
      });
    }
  }

  async #load<T>(entries: readonly ChunkEntry[], column: Column<T>): Promise<Map<number, T>> {
    const found = new Map<number, T>();
    const missing: number[] = [];
    for (const { id, version } of entries) {
      const kept = column.kept.get(id);
      if (kept?.version === version) found.set(id, kept.value);
      else missing.push(id);
    }
    if (missing.length === 0) return found;
    const generation = this.#generation;
    const rows: { id: number; version: number; bytes: Uint8Array }[] = await this.#database
      .knex("metrics_chunk")
      .whereIn("id", missing)
      .select("id", "version", { bytes: column.name });
    for (const { id, version, bytes } of rows) {
      const value = column.read(bytes);
      found.set(id, value);
      if (generation === this.#generation) this.#keep(column, id, { version, value, bytes: bytes.byteLength });
    }
    return found;
  }

  /** Keeps what was read; where there is no room, the newest chunks stay, which most questions are about. */
  #keep<T>(column: Column<T>, id: number, kept: Kept<T>): void {
    this.#drop(column, id);
    column.kept.set(id, kept);
    column.oldest = Math.min(column.oldest, id);
    this.#keptBytes += kept.bytes;
    while (this.#keptBytes > this.#budget) {
      const crowded =
        this.#customers.kept.size > 0 && this.#customers !== (column as unknown) ? this.#customers : column;
      while (!crowded.kept.has(crowded.oldest)) crowded.oldest++;
      this.#drop(crowded, crowded.oldest);
    }
  }

  #drop(column: Column<unknown>, id: number): void {
    this.#keptBytes -= column.kept.get(id)?.bytes ?? 0;
    column.kept.delete(id);
  }
}
