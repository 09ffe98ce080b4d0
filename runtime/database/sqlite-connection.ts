// A connection to a SQLite file by Node's built-in driver, with its statements prepared once.
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

/** Rows as objects, column by column. */
export type Rows = Record<string, unknown>[];

/** What a statement without rows has done. */
export interface Changes {
  readonly lastID: number;
  readonly changes: number;
}

const STATEMENT_CACHE_SIZE = 256;
/** Characters of SQL. What SQLite keeps of a statement is some forty times as much, and lists have long ones. */
const STATEMENT_CACHE_TEXT = 400_000;
/** What a connection keeps of the file; SQLite's own 2 MB are too few for the indexes of a million rows. */
const CACHE_KIB = 8_192;
/** How long a statement waits for another process that has the file, in milliseconds. */
export const BUSY_TIMEOUT_MS = 5_000;

function integerOrBigInt(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function bindable(value: unknown, index: number, sql: string): SQLInputValue {
  switch (typeof value) {
    case "string":
    case "bigint":
      return value;
    case "number":
      // A JavaScript number binds as REAL, which a text column would keep as "3.0".
      return Number.isSafeInteger(value) ? BigInt(value) : value;
    case "boolean":
      return value ? 1n : 0n;
  }
  if (value === null || value instanceof Uint8Array) return value;
  if (value instanceof Date) return BigInt(value.getTime());
  const what = value === undefined ? "undefined" : Array.isArray(value) ? "an array" : "an object";
  throw new TypeError(
    `Binding ${index + 1} is ${what}: pass null, or turn it into text, a number or bytes first. SQL: ${sql}`,
  );
}

type Row = Rows[number];
type ToRow = (values: readonly unknown[]) => Row;

/**
 * Makes rows of values. Written out, they are objects of one shape: those that the driver makes are dictionaries, which take twice
 * as long to make and to read.
 */
function rowsOf(columns: readonly { readonly name: string }[]): ToRow {
  const fields = columns.map(({ name }, index) => `${JSON.stringify(name)}: values[${index}]`);
  return new Function("values", `return { ${fields.join(", ")} };`) as ToRow;
}

/** A statement, and what makes its rows: the columns take SQLite longer to tell than many a statement to run. */
interface Prepared {
  readonly statement: StatementSync;
  /** Makes a row of its values; undefined where the statement gives no rows. */
  readonly toRow: ToRow | undefined;
  /** Whether integers come as numbers, as those of queries do until one does not fit; a bigint for each takes time. */
  asNumbers: boolean;
}

/** Rows as arrays, which the types of the driver do not know of. */
const arraysOf = (statement: StatementSync, values: readonly SQLInputValue[]) =>
  statement.all(...values) as unknown as unknown[][];

/** One open SQLite file and the statements prepared on it. */
export class SqliteConnection {
  readonly database: DatabaseSync;
  readonly #statements = new Map<string, Prepared>();
  readonly #cacheSize: number;
  #cachedText = 0;
  #inTransaction = false;

  constructor(file: string, { cacheSize = STATEMENT_CACHE_SIZE, readOnly = false } = {}) {
    this.database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true, readOnly });
    this.#cacheSize = cacheSize;
    this.database.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
    if (readOnly) return;
    // secure_delete: what is erased is overwritten, where else it would stay in the file until its page is used again.
    this.database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON");
  }

  /** The statements prepared at this moment, least recently used first; never more than the cache holds. */
  get preparedStatements(): string[] {
    return [...this.#statements.keys()];
  }

  #prepare(sql: string): Prepared {
    let prepared = this.#statements.get(sql);
    if (prepared === undefined) {
      const statement = this.database.prepare(sql);
      // SQLite compiles the first statement of a text and would drop the others without a word.
      if (/[^\s;]/.test(sql.slice(statement.sourceSQL.length))) {
        throw new Error(`One statement at a time: everything after the first would be ignored. SQL: ${sql}`);
      }
      // A query can be run once more without harm.
      const asNumbers = /^\s*select\b/i.test(sql);
      statement.setReadBigInts(!asNumbers);
      const columns = statement.columns();
      statement.setReturnArrays(columns.length > 0);
      prepared = { statement, asNumbers, toRow: columns.length > 0 ? rowsOf(columns) : undefined };
      this.#cachedText += sql.length;
      for (const oldest of this.#statements.keys()) {
        if (this.#statements.size < this.#cacheSize && this.#cachedText <= STATEMENT_CACHE_TEXT) break;
        this.#statements.delete(oldest);
        this.#cachedText -= oldest.length;
      }
    } else {
      this.#statements.delete(sql);
    }
    this.#statements.set(sql, prepared);
    return prepared;
  }

  /** Runs one statement. Rows of columns if it has any, else the counts of what it changed. */
  run(sql: string, bindings: readonly unknown[] = []): Rows | Changes {
    const ends = /^(COMMIT|ROLLBACK)\b(?! TO)/i.test(sql);
    if (this.#inTransaction && !this.database.isTransaction) {
      // A full disk or an I/O error makes SQLite roll back by itself; what followed would be committed piece by piece.
      if (ends) this.#inTransaction = false;
      if (/^ROLLBACK\b/i.test(sql)) return { lastID: 0, changes: 0 };
      throw new Error("SQLite rolled this transaction back after an earlier error: nothing of it is stored.");
    }
    try {
      const result = this.#execute(sql, bindings);
      this.#inTransaction = this.database.isTransaction;
      return result;
    } catch (error) {
      // A COMMIT that a deferred constraint refuses leaves the transaction open, and with it the only connection.
      if (ends && this.database.isTransaction) this.database.exec("ROLLBACK");
      if (ends) this.#inTransaction = false;
      throw error;
    }
  }

  #execute(sql: string, bindings: readonly unknown[]): Rows | Changes {
    const prepared = this.#prepare(sql);
    const { statement, toRow } = prepared;
    const values = bindings.map((value, index) => bindable(value, index, sql));
    if (!toRow) {
      const { lastInsertRowid, changes } = statement.run(...values);
      return { lastID: Number(lastInsertRowid), changes: Number(changes) };
    }
    if (prepared.asNumbers) {
      try {
        return arraysOf(statement, values).map(toRow);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ERR_OUT_OF_RANGE") throw error;
        prepared.asNumbers = false;
        statement.setReadBigInts(true);
      }
    }
    const exact = (value: unknown) => (typeof value === "bigint" ? integerOrBigInt(value) : value);
    return arraysOf(statement, values).map((row) => toRow(row.map(exact)));
  }

  close(): void {
    this.#statements.clear();
    this.#cachedText = 0;
    this.database.close();
  }
}
