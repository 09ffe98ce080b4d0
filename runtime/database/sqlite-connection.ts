// A connection to a SQLite file by Node's built-in driver, with its statements prepared once.
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { LateRows, type RowsOfTable } from "./late-rows.ts";
import { PATIENCE_MS } from "./until-unlocked.ts";

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
/** Pages of the write-ahead log after which a commit moves them into the file: 32 MB. The more, the fewer are moved twice. */
const CHECKPOINT_PAGES = 8_000;
/**
 * Rows of an insert. Each statement with a trigger keeps every page that it changes as it was, and has the full-text index
 * write down what it holds: for each row alone, that takes three times as long as all the rest. Few sizes, so that few
 * statements are prepared.
 */
const INSERTED_ROWS = [1_024, 512, 256, 128, 32, 8, 1];
/** SQLite's bound on the values of a statement. */
const MOST_VALUES = 32_766;
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** A query, which can be run once more without harm. */
const READS = /^\s*(select\b|with\b(?!.*\b(insert|update|delete)\b))/is;
const CHANGES_SCHEMA = /^\s*(alter|create|drop)\b/i;

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
 * Makes rows of values. Written out, they are objects of one shape; those that the driver makes are dictionaries, which take half
 * as long again to make, and longer to read.
 */
function rowMaker(columns: readonly { readonly name: string }[]): ToRow {
  const fields = columns.map(({ name }, index) => `${JSON.stringify(name)}: values[${index}]`);
  return new Function("values", `return { ${fields.join(", ")} };`) as ToRow;
}

/** What a statement does to its transaction. */
interface Step {
  readonly kind: "BEGIN" | "COMMIT" | "ROLLBACK" | "ROLLBACK TO" | "SAVEPOINT" | "RELEASE";
  /** The savepoint, where it is about one. */
  readonly savepoint: string;
}

function stepOf(sql: string): Step | undefined {
  const [, kind, savepoint = ""] =
    /^\s*(BEGIN|COMMIT|ROLLBACK TO|ROLLBACK|SAVEPOINT|RELEASE)\b(?:\s+SAVEPOINT)?\s*(\w*)/i.exec(sql) ?? [];
  return kind === undefined ? undefined : { kind: kind.toUpperCase() as Step["kind"], savepoint };
}

/** A statement, and what makes its rows: the columns take SQLite longer to tell than many a statement to run. */
interface Prepared {
  readonly statement: StatementSync;
  /** Makes a row of its values; undefined where the statement gives no rows. */
  readonly toRow: ToRow | undefined;
  readonly step: Step | undefined;
  /** When it was last used, by the count of uses. */
  usedAt: number;
  /** The words in it, tables among them; found when they are first asked for. */
  words?: ReadonlySet<string>;
  /** Whether integers come as numbers, as those of queries do until one does not fit; a bigint for each takes time. */
  asNumbers: boolean;
}

/** Rows as arrays, which the types of the driver do not know of. */
const arraysOf = (statement: StatementSync, values: readonly SQLInputValue[]) =>
  statement.all(...values) as unknown as unknown[][];

/** Takes rows apart into inserts of the sizes, the largest first. */
function* insertStatements({ table, columns, values }: RowsOfTable): Generator<{ sql: string; values: unknown[] }> {
  const insert = `insert into ${quoted(table)} (${columns.map(quoted).join(", ")}) values `;
  const places = `(${columns.map(() => "?").join(", ")})`;
  let from = 0;
  for (const size of INSERTED_ROWS) {
    const count = size * columns.length;
    if (count > MOST_VALUES || values.length - from < count) continue;
    const sql = insert + new Array(size).fill(places).join(", ");
    for (; values.length - from >= count; from += count) yield { sql, values: values.slice(from, from + count) };
  }
}

/** How a connection is opened. */
export interface ConnectionOptions {
  /** The most statements that stay prepared. */
  readonly cacheSize?: number;
  /** What it keeps of the file, in KiB. */
  readonly cacheKib?: number;
  readonly readOnly?: boolean;
  /** Whether it is in a thread of its own, where SQLite may wait for another process that has the file. */
  readonly mayWait?: boolean;
}

/** One open SQLite file and the statements prepared on it. */
export class SqliteConnection {
  readonly database: DatabaseSync;
  readonly #statements = new Map<string, Prepared>();
  readonly #cacheSize: number;
  readonly #late = new LateRows();
  #cachedText = 0;
  #uses = 0;
  #inTransaction = false;

  constructor(
    file: string,
    {
      cacheSize = STATEMENT_CACHE_SIZE,
      cacheKib = CACHE_KIB,
      readOnly = false,
      mayWait = false,
    }: ConnectionOptions = {},
  ) {
    this.database = new DatabaseSync(file, { timeout: PATIENCE_MS, enableForeignKeyConstraints: true, readOnly });
    this.#cacheSize = cacheSize;
    // temp_store: what a savepoint keeps of the pages that change within it went into a file of its own, else.
    this.database.exec(`PRAGMA cache_size = -${cacheKib}; PRAGMA temp_store = MEMORY`);
    if (!readOnly) this.#prepareToWrite();
    if (!mayWait) this.database.exec("PRAGMA busy_timeout = 0");
  }

  #prepareToWrite(): void {
    // secure_delete: what is erased is overwritten, where else it would stay in the file until its page is used again.
    this.database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON");
    this.database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  }

  /** Whether a transaction is under way. */
  get isBusy(): boolean {
    return this.#inTransaction;
  }

  /** The statements prepared at this moment, least recently used first; never more than the cache holds. */
  get preparedStatements(): string[] {
    return [...this.#statements].sort(([, a], [, b]) => a.usedAt - b.usedAt).map(([sql]) => sql);
  }

  #prepare(sql: string): Prepared {
    const known = this.#statements.get(sql);
    if (known !== undefined) {
      known.usedAt = ++this.#uses;
      return known;
    }
    const statement = this.database.prepare(sql);
    // SQLite compiles the first statement of a text and would drop the others without a word.
    if (/[^\s;]/.test(sql.slice(statement.sourceSQL.length))) {
      throw new Error(`One statement at a time: everything after the first would be ignored. SQL: ${sql}`);
    }
    const asNumbers = READS.test(sql);
    statement.setReadBigInts(!asNumbers);
    const columns = statement.columns();
    statement.setReturnArrays(columns.length > 0);
    const toRow = columns.length > 0 ? rowMaker(columns) : undefined;
    const prepared: Prepared = { statement, asNumbers, toRow, step: stepOf(sql), usedAt: ++this.#uses };
    if (CHANGES_SCHEMA.test(sql)) {
      // What `*` stands for in other statements may be something else now.
      this.#forget();
      return prepared;
    }
    this.#cachedText += sql.length;
    this.#makeRoom();
    this.#statements.set(sql, prepared);
    return prepared;
  }

  /** Drops what was used longest ago, so that one more has room. */
  #makeRoom(): void {
    while (this.#statements.size >= this.#cacheSize || this.#cachedText > STATEMENT_CACHE_TEXT) {
      let oldest: [string, Prepared] | undefined;
      for (const entry of this.#statements) if (!oldest || entry[1].usedAt < oldest[1].usedAt) oldest = entry;
      if (!oldest) return;
      this.#statements.delete(oldest[0]);
      this.#cachedText -= oldest[0].length;
    }
  }

  /** Runs one statement. Rows of columns if it has any, else the counts of what it changed. */
  run(sql: string, bindings: readonly unknown[] = []): Rows | Changes {
    const prepared = this.#prepare(sql);
    const { step } = prepared;
    const ends = step?.kind === "COMMIT" || step?.kind === "ROLLBACK";
    if (this.#inTransaction && !this.database.isTransaction) {
      // A full disk or an I/O error makes SQLite roll back by itself; what followed would be committed piece by piece.
      if (ends) this.#end();
      if (step?.kind === "ROLLBACK" || step?.kind === "ROLLBACK TO") return { lastID: 0, changes: 0 };
      throw new Error("SQLite rolled this transaction back after an earlier error: nothing of it is stored.");
    }
    try {
      if (step ? step.kind === "COMMIT" : this.#concernsLateRows(prepared)) this.#writeLateRows();
      const result = this.#execute(sql, prepared, bindings);
      if (step !== undefined) this.#follow(step);
      return result;
    } catch (error) {
      // A COMMIT that a deferred constraint refuses leaves the transaction open, and with it the only connection.
      if (ends && this.database.isTransaction) this.database.exec("ROLLBACK");
      if (ends) this.#end();
      throw error;
    }
  }

  /** Inserts rows, many by one statement. */
  insert(rows: RowsOfTable): void {
    for (const { sql, values } of insertStatements(rows)) this.run(sql, values);
  }

  /**
   * Inserts rows before the transaction ends, with those of the other works in it; or before the next statement that names
   * their table. An error of theirs is one of all of these works.
   */
  insertLate({ table, columns, values }: RowsOfTable): void {
    const sql = `insert into ${table}`;
    this.#late.add({ table, columns, values: values.map((value, index) => bindable(value, index, sql)) });
  }

  #concernsLateRows(prepared: Prepared): boolean {
    if (!this.#late.isWaiting) return false;
    prepared.words ??= new Set(prepared.statement.sourceSQL.match(/\w+/g));
    return this.#late.isWaitingFor(prepared.words);
  }

  #writeLateRows(): void {
    for (const rows of this.#late.take()) this.insert(rows);
  }

  #follow({ kind, savepoint }: Step): void {
    if (kind === "BEGIN") this.#inTransaction = true;
    else if (kind === "SAVEPOINT") this.#late.mark(savepoint);
    else if (kind === "RELEASE") this.#late.release(savepoint);
    else if (kind === "ROLLBACK TO") this.#late.rollBack(savepoint);
    else this.#end();
  }

  #end(): void {
    this.#inTransaction = false;
    this.#late.clear();
  }

  #execute(sql: string, prepared: Prepared, bindings: readonly unknown[]): Rows | Changes {
    const { statement, toRow } = prepared;
    const values: SQLInputValue[] = [];
    for (let index = 0; index < bindings.length; index++) values.push(bindable(bindings[index], index, sql));
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

  #forget(): void {
    this.#statements.clear();
    this.#cachedText = 0;
  }

  close(): void {
    this.#forget();
    this.database.close();
  }
}
