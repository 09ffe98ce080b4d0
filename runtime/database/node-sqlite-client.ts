// A knex dialect over Node's built-in SQLite: nothing to install, nothing to compile, statements prepared once.
import { createRequire } from "node:module";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type { Knex } from "knex";
import { type DirectConnection, DirectRunner } from "./direct-runner.ts";

type Rows = Record<string, unknown>[];
interface Changes {
  readonly lastID: number;
  readonly changes: number;
}

/** What knex hands to a dialect for one query, as far as this one reads or writes it. */
interface QueryObject {
  sql: string;
  bindings?: readonly unknown[];
  response?: unknown;
  context?: Changes;
}

type TransactionArguments = Parameters<Knex.Client["transaction"]>;
interface SqliteTransaction {
  txid: string;
  readonly outerTx?: SqliteTransaction | null;
  readonly trxClient: object;
  query(connection: unknown, sql: string): Promise<unknown>;
  isCompleted(): boolean;
  _onAcquire(container: unknown, connection: SqliteConnection): Promise<unknown>;
}

// knex publishes no types for its dialects, and exports them by file alone.
const require = createRequire(import.meta.url);
const BetterSqliteClient = require("knex/lib/dialects/better-sqlite3/index.js") as typeof Knex.Client;
const KnexTransaction = require("knex/lib/dialects/sqlite3/execution/sqlite-transaction.js") as new (
  client: unknown,
  ...rest: TransactionArguments
) => SqliteTransaction;

const STATEMENT_CACHE_SIZE = 256;
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

/** A statement, and whether it gives rows, which takes SQLite longer to tell than many a statement to run. */
interface Prepared {
  readonly statement: StatementSync;
  readonly givesRows: boolean;
  /** Whether it can be run twice without harm. */
  readonly isQuery: boolean;
}

/** One open SQLite file and the statements prepared on it. */
export class SqliteConnection {
  readonly database: DatabaseSync;
  readonly #statements = new Map<string, Prepared>();
  readonly #cacheSize: number;
  #inTransaction = false;

  constructor(file: string, { cacheSize = STATEMENT_CACHE_SIZE, readOnly = false } = {}) {
    this.database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true, readOnly });
    this.#cacheSize = cacheSize;
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
      const isQuery = /^\s*select\b/i.test(sql);
      statement.setReadBigInts(!isQuery);
      prepared = { statement, isQuery, givesRows: statement.columns().length > 0 };
      const oldest = this.#statements.size >= this.#cacheSize ? this.#statements.keys().next() : undefined;
      if (oldest?.value !== undefined) this.#statements.delete(oldest.value);
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
    const { statement, givesRows, isQuery } = this.#prepare(sql);
    const values = bindings.map((value, index) => bindable(value, index, sql));
    if (!givesRows) {
      const { lastInsertRowid, changes } = statement.run(...values);
      return { lastID: Number(lastInsertRowid), changes: Number(changes) };
    }
    if (isQuery) {
      try {
        return statement.all(...values);
      } catch (error) {
        // An integer that no number holds; a bigint for each of the others is made for this statement from now on.
        if ((error as NodeJS.ErrnoException).code !== "ERR_OUT_OF_RANGE") throw error;
        statement.setReadBigInts(true);
      }
    }
    const rows: Rows = statement.all(...values);
    for (const row of rows) {
      for (const column in row) {
        const value = row[column];
        if (typeof value === "bigint") row[column] = integerOrBigInt(value);
      }
    }
    return rows;
  }

  close(): void {
    this.#statements.clear();
    this.database.close();
  }
}

/** Takes the write lock at the start, so that a transaction that reads and then writes cannot fail half-way as busy. */
class ImmediateTransaction extends KnexTransaction {
  constructor(client: unknown, ...rest: TransactionArguments) {
    super(client, ...rest);
    // knex names every savepoint anew, and each name would be one more statement to prepare; SQLite takes the innermost.
    if (this.outerTx) this.txid = `${this.outerTx.txid}_inner`;
    else this.txid = "trx";
  }

  begin(connection: unknown): Promise<unknown> {
    return this.query(connection, "BEGIN IMMEDIATE");
  }

  override _onAcquire(container: unknown, connection: SqliteConnection): Promise<unknown> {
    const ended = super._onAcquire(container, connection);
    const direct: DirectConnection = { connection, readsOnly: false, isOver: () => this.isCompleted() };
    Object.defineProperty(this.trxClient, "direct", { value: direct });
    return ended;
  }
}

/**
 * A knex client (`client: NodeSqliteClient`, `connection: { filename }`) over `node:sqlite`.
 *
 * Integers come back as numbers where a number holds them exactly, else as bigint. Booleans are stored as 0 and 1,
 * Dates as milliseconds. Refuses undefined, objects and several statements in one text. Queries run synchronously.
 *
 * Reads outside of transactions have a connection of their own, and so never wait for a transaction: they see what was
 * committed before (WAL).
 */
export class NodeSqliteClient extends BetterSqliteClient {
  #reader: DirectConnection | undefined;

  _driver(): unknown {
    return DatabaseSync;
  }

  /** Where queries outside of transactions can be run at once; undefined until the file is there. */
  get direct(): DirectConnection | undefined {
    return this.#reader;
  }

  override runner(builder: never): never {
    return new DirectRunner(this as never, builder) as never;
  }

  override async acquireRawConnection(): Promise<SqliteConnection> {
    const { filename } = this.connectionSettings as { filename: string };
    const connection = new SqliteConnection(filename);
    // A database in memory is its connection's own.
    if (filename !== ":memory:") {
      this.#reader ??= {
        connection: new SqliteConnection(filename, { readOnly: true }),
        readsOnly: true,
        isOver: () => false,
      };
    }
    return connection;
  }

  override async destroy(...rest: Parameters<Knex.Client["destroy"]>): Promise<void> {
    // The last to close a file moves the log into it, which a reader cannot.
    this.#reader?.connection.close();
    this.#reader = undefined;
    await super.destroy(...rest);
  }

  override async destroyRawConnection(connection: SqliteConnection): Promise<void> {
    connection.close();
  }

  override transaction(...rest: TransactionArguments): Knex.Transaction {
    return new ImmediateTransaction(this, ...rest) as never;
  }

  async _query(connection: SqliteConnection, query: QueryObject): Promise<QueryObject> {
    const result = connection.run(query.sql, query.bindings);
    query.response = result;
    if (!Array.isArray(result)) query.context = result;
    return query;
  }
}
