// Telling what a failed query means, in both dialects.
import { Code, ConnectError } from "@connectrpc/connect";
import { failForNow, retryDelayOf } from "../errors.ts";

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const DAMAGED = new Set([11, 26]);
const SQLITE_CONSTRAINT_PRIMARYKEY = 1555;
const SQLITE_CONSTRAINT_UNIQUE = 2067;
const POSTGRES_UNIQUE_VIOLATION = "23505";
const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;
const POSTGRES_DISK_FULL = "53100";
/** When a caller may try again where it is a matter of load or of a restart. */
const RETRY_AFTER_MS = 1_000;
/** Somebody has to make room first. */
const RETRY_FULL_AFTER_MS = 60_000;
// SQLSTATE: out of connections, out of memory, cancelled by statement_timeout.
const OVERLOADED = /^(53300|53400|53200|57014)$/;
// SQLSTATE: connection lost (class 08), shutting down, starting up; and what the system says of a connection.
const UNREACHABLE =
  /^(08\w{3}|57P0[1-35]|25P03|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;
// What knex's pool and the driver say without a code.
const POOL_EXHAUSTED = /^Knex: Timeout acquiring a connection/;
// knex puts the query before what the driver says.
const CONNECTION_LOST =
  /(^| - )(Connection terminated|timeout expired|Client has encountered a connection error|Client was closed)/;

interface DriverError {
  readonly message: string;
  /** SQLite's extended result code. */
  readonly errcode?: number;
  /** PostgreSQL's SQLSTATE. */
  readonly code?: string;
  readonly table?: string;
  readonly constraint?: string;
  readonly detail?: string;
}

function violatedKeys(error: DriverError): string[] | undefined {
  if (error.errcode === SQLITE_CONSTRAINT_UNIQUE || error.errcode === SQLITE_CONSTRAINT_PRIMARYKEY) {
    const failed = error.message.slice(error.message.lastIndexOf("UNIQUE constraint failed: ") + 26);
    const index = /^index '(.*)'$/.exec(failed);
    return index?.[1] === undefined ? failed.split(", ") : [index[1]];
  }
  if (error.code === POSTGRES_UNIQUE_VIOLATION) {
    // The words of the detail are translated; `Key (a, b)=(…)` keeps its shape.
    const columns = /\((.*?)\)=\(/s.exec(error.detail ?? "")?.[1]?.split(", ") ?? [];
    const unquoted = columns.map((column) => column.replaceAll('"', ""));
    return [error.constraint ?? "", ...unquoted.map((column) => `${error.table}.${column}`)];
  }
  return undefined;
}

/**
 * Whether a query failed because a primary or unique key already holds the value.
 *
 * @param key `table.column` (any one column of the key), or the name of an index over expressions; every key if left out
 */
export function isUniqueViolation(error: unknown, key?: string): boolean {
  if (!(error instanceof Error)) return false;
  const keys = violatedKeys(error as DriverError);
  return keys !== undefined && (key === undefined || keys.includes(key));
}

/** Whether SQLite found that a file is damaged, or no database at all. */
export function isDamaged(error: unknown): boolean {
  const { errcode = 0, cause } = error as DriverError & { cause?: unknown };
  return DAMAGED.has(errcode % 256) || (cause instanceof Error && isDamaged(cause));
}

/** Whether SQLite found that another connection has the file. */
export function isLocked(error: unknown): boolean {
  return ((error as DriverError).errcode ?? 0) % 256 === SQLITE_BUSY;
}

/** Whether PostgreSQL gave up a transaction that may succeed if run again: serialization failure or deadlock. */
export function isTransientConflict(error: unknown): boolean {
  const code = error instanceof Error ? (error as DriverError).code : undefined;
  return code === "40001" || code === "40P01";
}

/** The refusal of one more query where too many wait already; worth a retry. */
export function databaseBusy(): ConnectError {
  return failForNow(
    Code.ResourceExhausted,
    "DATABASE_BUSY",
    "The database has more to do than it can do now, and nothing was written. Try again in a second; a write with the same request_id.",
    RETRY_AFTER_MS,
  );
}

function diskFull(): ConnectError {
  return failForNow(
    Code.ResourceExhausted,
    "DISK_FULL",
    "The disk under the database is full, and nothing was written; what is stored can still be read. Have the operator make room, then call again, a write with the same request_id.",
    RETRY_FULL_AFTER_MS,
  );
}

/**
 * What a caller is told of a query that failed only for now: `resource_exhausted` where there was no connection or no time
 * for it (DATABASE_BUSY) or no room on the disk (DISK_FULL), `unavailable` (DATABASE_UNAVAILABLE) where the database cannot be
 * reached, all with a RetryInfo. Undefined for every other error.
 */
export function passingFailure(error: unknown): ConnectError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code = "", errcode = 0, message } = error as DriverError;
  // An AggregateError of several addresses has the code of the first.
  if (OVERLOADED.test(code) || errcode % 256 === SQLITE_BUSY || POOL_EXHAUSTED.test(message)) return databaseBusy();
  if (errcode % 256 === SQLITE_FULL || code === POSTGRES_DISK_FULL) return diskFull();
  if (!UNREACHABLE.test(code) && !CONNECTION_LOST.test(message)) return undefined;
  return failForNow(
    Code.Unavailable,
    "DATABASE_UNAVAILABLE",
    "The database cannot be reached now. Try again in a second; a write with the same request_id, because it may have been stored.",
    RETRY_AFTER_MS,
  );
}

/** Whether what failed, a query or what was told of one, may succeed if all of it is done again. */
export function mayPass(error: unknown): boolean {
  if (error instanceof ConnectError) return retryDelayOf(error) !== undefined;
  return isTransientConflict(error) || passingFailure(error) !== undefined;
}
