// What several databases hold at one moment, read while others go on writing to them.
import { Code } from "@connectrpc/connect";
import { fail } from "../errors.ts";
import type { DatabaseLocation } from "./database.ts";
import { openPostgresSnapshot } from "./postgres-snapshot.ts";
import { openSqliteSnapshot } from "./sqlite-snapshot.ts";

/** A value as both drivers give it. */
export type Value = null | boolean | number | bigint | string | Uint8Array;

/** A table and what is in it. Columns that the database computes by itself are left out. */
export interface TableSnapshot {
  readonly name: string;
  readonly columns: readonly string[];
  rows(): AsyncIterable<Value[]>;
}

/** One database at that moment. */
export interface DatabaseSnapshot {
  /** Names of the migrations that have run, in their order. */
  readonly migrations: readonly string[];
  readonly tables: readonly TableSnapshot[];
}

/** Open databases; they keep showing the moment at which they were opened. */
export interface Snapshot extends AsyncDisposable {
  readonly databases: ReadonlyMap<string, DatabaseSnapshot>;
}

/**
 * Opens databases at one and the same moment. Those that do not exist are left out. Nothing is locked, and no writer waits.
 *
 * One moment, because the services refer to each other: a ticket names a customer, and the CRM knows how far it has read
 * the ticket service's log. Had the CRM been read later than the log, a note would be taken for kept that is not even
 * asked for; had it been read earlier, a ticket could be without its customer.
 */
export async function openSnapshot(locations: Readonly<Record<string, DatabaseLocation>>): Promise<Snapshot> {
  const files = new Map<string, string>();
  const schemas = new Map<string, string>();
  const urls = new Set<string>();
  for (const [name, location] of Object.entries(locations)) {
    if (location.kind === "sqlite") files.set(name, location.file);
    else schemas.set(name, location.schema) && urls.add(location.url);
  }
  const [url, ...others] = urls;
  if (others.length > 0 || (url !== undefined && files.size > 0)) {
    throw fail(Code.InvalidArgument, "DATABASES_APART", "Databases of different servers have no moment in common.");
  }
  return url === undefined ? openSqliteSnapshot(files) : openPostgresSnapshot(url, schemas);
}
