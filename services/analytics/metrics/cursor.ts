// How far the log has been read for the metrics, by which rules, and which process does it.
import type { Knex } from "knex";
import type { Database } from "../../../runtime/database/database.ts";

/** How long the others leave a process alone that has not been heard of, in milliseconds. */
export const LEASE_MS = 30_000;

/** How far the log has been read. */
export interface Cursor {
  /** Position of the last event that is counted. */
  readonly position: number;
  /** When that event happened, in milliseconds UTC; 0 before the first. */
  readonly eventTime: number;
  /** Goes up with every rebuild. */
  readonly generation: number;
  /** The rules by which everything so far was counted. */
  readonly rules: string;
  /** Whether the end of the log has been reached since the last rebuild. */
  readonly complete: boolean;
  readonly reader: string;
}

interface CursorRow {
  readonly position: number;
  readonly event_time: number;
  readonly generation: number;
  readonly rules: string;
  readonly complete: 0 | 1;
  readonly reader: string;
  readonly reader_until: number;
}

/** Reads the cursor. `lock` makes other writers wait for this one. */
export async function readCursor(db: Knex, lock = false): Promise<Cursor> {
  const query = db<CursorRow>("metrics_cursor").first();
  const row = (await (lock ? query.forUpdate() : query)) as CursorRow;
  const { position, event_time: eventTime, generation, rules, complete, reader } = row;
  return { position, eventTime, generation, rules, complete: complete === 1, reader };
}

/** Moves the cursor to an event that has been counted, in the transaction that counts it. */
export async function moveCursor(trx: Knex.Transaction, position: number, eventTime: number): Promise<void> {
  const leased = { reader_until: Date.now() + LEASE_MS };
  await trx("metrics_cursor").update({ position, event_time: eventTime, ...leased });
}

/** Notes that the end of the log has been reached. */
export async function markComplete(db: Knex): Promise<void> {
  await db("metrics_cursor").where({ complete: 0 }).update({ complete: 1 });
}

/**
 * Makes `reader` the one process that reads, if no other is; keeps it so if it is. On SQLite there is no other.
 *
 * It saves work, and is not what makes counting exact: whoever counts checks the cursor under a lock.
 */
export async function lease({ knex, dialect }: Database, reader: string): Promise<boolean> {
  const now = Date.now();
  const row = knex("metrics_cursor");
  const free =
    dialect === "sqlite" ? row : row.where((either) => either.where({ reader }).orWhere("reader_until", "<", now));
  return (await free.update({ reader, reader_until: now + LEASE_MS })) > 0;
}

/** Lets another process read at once. */
export async function release(db: Knex, reader: string): Promise<void> {
  await db("metrics_cursor").where({ reader }).update({ reader: "", reader_until: 0 });
}

async function empty(trx: Knex.Transaction, table: string, { dialect }: Database): Promise<void> {
  // On PostgreSQL deleting a million rows one by one would take longer than a statement may.
  await (dialect === "postgres" ? trx(table).truncate() : trx(table).delete());
}

/** Forgets all that was counted, so that the log is read from its beginning. */
export async function startOver(trx: Knex.Transaction, database: Database, rules: string): Promise<Cursor> {
  const { generation } = await readCursor(trx, true);
  for (const table of ["metrics_ticket", "metrics_chunk"]) await empty(trx, table, database);
  const nothing = { position: 0, event_time: 0, complete: 0 };
  await trx("metrics_cursor").update({ ...nothing, generation: generation + 1, rules });
  return await readCursor(trx);
}
