// Telling a broken unique key from every other failure, in both dialects.

const SQLITE_CONSTRAINT_PRIMARYKEY = 1555;
const SQLITE_CONSTRAINT_UNIQUE = 2067;
const POSTGRES_UNIQUE_VIOLATION = "23505";

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

/** Whether PostgreSQL gave up a transaction that may succeed if run again: serialization failure or deadlock. */
export function isTransientConflict(error: unknown): boolean {
  const code = error instanceof Error ? (error as DriverError).code : undefined;
  return code === "40001" || code === "40P01";
}
