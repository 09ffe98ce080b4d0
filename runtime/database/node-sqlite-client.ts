// A knex dialect over Node's built-in SQLite: nothing to install, nothing to compile, statements prepared once.
import { DatabaseSync } from "node:sqlite";
import type { Knex } from "knex";
import BetterSqlite from "knex/lib/dialects/better-sqlite3/index.js";
import Transaction from "knex/lib/dialects/sqlite3/execution/sqlite-transaction.js";
import QueryCompiler from "knex/lib/dialects/sqlite3/query/sqlite-querycompiler.js";
import { type DirectConnection, DirectRunner } from "./direct-runner.ts";
import { type Changes, SqliteConnection } from "./sqlite-connection.ts";
import { SqliteThread } from "./sqlite-thread.ts";
import { untilUnlocked } from "./until-unlocked.ts";

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
  _onAcquire(container: unknown, connection: SqliteConnection | SqliteThread): Promise<unknown>;
}

/** The indexes of some hundred thousand rows: a page that a transaction changes again is not written out and read in between. */
const CACHE_KIB = 32_768;
const IDLE_MS = 10_000;

const BetterSqliteClient = BetterSqlite as typeof Knex.Client;
const KnexTransaction = Transaction as new (client: unknown, ...rest: TransactionArguments) => SqliteTransaction;

const SqliteQueryCompiler = QueryCompiler as new (
  ...args: readonly unknown[]
) => {
  readonly single: Readonly<Record<string, unknown>>;
  _getValueOrParameterFromAttribute(attribute: string, rawValue?: unknown): unknown;
};

/**
 * Writes the number of LIMIT into the statement. SQLite's plans depend on it, so that binding it throws the plan away and
 * makes it anew with each run, which takes several times as long as to look a row up.
 */
class LiteralLimitCompiler extends SqliteQueryCompiler {
  override _getValueOrParameterFromAttribute(attribute: string, rawValue?: unknown): unknown {
    const value = this.single[attribute];
    return typeof value === "number" ? String(value) : super._getValueOrParameterFromAttribute(attribute, rawValue);
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

  override _onAcquire(container: unknown, connection: SqliteConnection | SqliteThread): Promise<unknown> {
    const ended = super._onAcquire(container, connection);
    if (connection instanceof SqliteThread) {
      Object.defineProperty(this.trxClient, "thread", { value: connection });
      return ended;
    }
    const direct: DirectConnection = { connection, readsOnly: false, isOver: () => this.isCompleted() };
    Object.defineProperty(this.trxClient, "direct", { value: direct });
    return ended;
  }
}

/** What both dialects have in common. */
abstract class SqliteClient extends BetterSqliteClient {
  _driver(): unknown {
    return DatabaseSync;
  }

  override queryCompiler(builder: unknown, formatter?: unknown): never {
    return new LiteralLimitCompiler(this, builder, formatter) as never;
  }

  override transaction(...rest: TransactionArguments): Knex.Transaction {
    return new ImmediateTransaction(this, ...rest) as never;
  }

  async _query(connection: SqliteConnection | SqliteThread, query: QueryObject): Promise<QueryObject> {
    const run = () => connection.run(query.sql, query.bindings);
    // A transaction has the file from its first statement on.
    const mayBeLocked = connection instanceof SqliteConnection && !connection.isBusy;
    const result = await (mayBeLocked ? untilUnlocked(run) : run());
    query.response = result;
    if (!Array.isArray(result)) query.context = result;
    return query;
  }
}

/**
 * A knex client (`client: NodeSqliteClient`, `connection: { filename }`) over `node:sqlite`.
 *
 * Integers come back as numbers where a number holds them exactly, else as bigint. Booleans are stored as 0 and 1,
 * Dates as milliseconds. Refuses undefined, objects and several statements in one text. Queries run synchronously.
 *
 * Reads outside of transactions never wait for one: while it goes on they have a connection of their own, and see what was
 * committed before (WAL). Else they share the writer's, which keeps what it has read of the file: of other connections SQLite
 * throws all that away with every commit.
 */
export class NodeSqliteClient extends SqliteClient {
  #writer: DirectConnection | undefined;
  #reader: DirectConnection | undefined;

  /** Where queries outside of transactions can be run at once; undefined until the file is there. */
  get direct(): DirectConnection | undefined {
    return this.#writer && !this.#writer.isOver() ? this.#writer : this.#reader;
  }

  override runner(builder: never): never {
    return new DirectRunner(this as never, builder) as never;
  }

  override async acquireRawConnection(): Promise<SqliteConnection> {
    const { filename } = this.connectionSettings as { filename: string };
    const connection = new SqliteConnection(filename);
    this.#writer = { connection, readsOnly: true, isOver: () => connection.isBusy };
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
    this.#writer = undefined;
    connection.close();
  }
}

/**
 * The same, with its one connection in a thread of its own. It keeps more of the file, for transactions of very many rows, and
 * is closed when it has had nothing to do for a while.
 */
export class ThreadedSqliteClient extends SqliteClient {
  override poolDefaults() {
    return { ...super.poolDefaults(), min: 0, max: 1, idleTimeoutMillis: IDLE_MS };
  }

  override async acquireRawConnection(): Promise<SqliteThread> {
    const { filename } = this.connectionSettings as { filename: string };
    return new SqliteThread(filename, { cacheKib: CACHE_KIB });
  }

  override async validateConnection(thread: SqliteThread): Promise<boolean> {
    return !thread.isOver;
  }

  override async destroyRawConnection(thread: SqliteThread): Promise<void> {
    await thread.end(new Error("The database was closed."));
  }
}
