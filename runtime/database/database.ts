// One database of one service, SQLite or PostgreSQL, behind the same few operations.
import { setTimeout as delay } from "node:timers/promises";
import { Code } from "@connectrpc/connect";
import type { Knex } from "knex";
import { fail } from "../errors.ts";
import { type Log, logToStderr } from "../log.ts";
import { gauge, type Metric } from "../telemetry/metrics.ts";
import { traced } from "../telemetry/tracing.ts";
import { connect, type DatabaseLocation } from "./connect.ts";
import { databaseBusy, isDamaged, isLocked, isTransientConflict, passingFailure } from "./errors.ts";
import { GroupCommit } from "./group-commit.ts";
import { LargeTransactions } from "./large-transactions.ts";
import { type Dialect, type Migration, migrate } from "./migrations.ts";
import { ThreadedSqliteClient } from "./node-sqlite-client.ts";
import { patiently } from "./patiently.ts";
import { ReaderPool } from "./reader-pool.ts";
import type { Read } from "./reader-thread.ts";
import { selectRows, tellingQuery } from "./rows.ts";
import { traceQueries, transactionSpan } from "./traced-queries.ts";

export type { DatabaseLocation } from "./connect.ts";
export { isUniqueViolation } from "./errors.ts";
export type { Dialect, Migration } from "./migrations.ts";

/** What `openDatabase` needs to know. */
export interface DatabaseOptions {
  /** The service whose database this is; shown in logs and in PostgreSQL's `application_name`. */
  readonly name: string;
  readonly location: DatabaseLocation;
  readonly migrations: readonly Migration[];
  /** stderr if left out. */
  readonly log?: Log;
}

/**
 * An open database.
 *
 * Both dialects hold times as integer milliseconds UTC (`bigInteger`), JSON as text and booleans as `boolean` columns,
 * which SQLite gives back as 0 and 1.
 */
export interface Database {
  readonly knex: Knex;
  readonly dialect: Dialect;
  /**
   * Runs `work` in a transaction: all of it is stored, or nothing.
   *
   * On PostgreSQL a deadlock or a serialization failure runs `work` again, so it must do nothing outside `trx`; read
   * what you are about to write with `.forUpdate()`. On SQLite there is one connection, and works that come together
   * share a commit (`GroupCommit`): inside `work` use only `trx`, because `knex` and a second `transaction` would wait
   * for the connection that `work` holds.
   *
   * @throws ConnectError `resource_exhausted` (DATABASE_BUSY) when too many transactions wait
   */
  transaction<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T>;
  /**
   * As `transaction`, for very many rows. SQLite has it by itself and in a thread, so that the process answers calls and
   * prepares further rows meanwhile; the connection there is another, which is opened when it is needed.
   */
  largeTransaction<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T>;
  /**
   * Asked within a large transaction: whether others wait for its end, so that one which could go on had better not. Undefined
   * on PostgreSQL, which does not tell.
   */
  readonly isAwaited: boolean | undefined;
  /**
   * Sees to it that what was overwritten or deleted is in no file any more: empties SQLite's write-ahead log, now or, while
   * somebody still reads from it, soon. PostgreSQL does so by itself (VACUUM, and the turn of its log).
   */
  scrub(): Promise<void>;
  /**
   * Does reads that may take long, on what was committed before: in SQLite in a thread of its own, so that nobody waits for
   * them but their caller, and in one transaction that is rolled back: temporary tables go with it.
   *
   * @throws ConnectError `resource_exhausted` (DATABASE_BUSY) when too many of them wait, or it took too long
   */
  slowly<T>(work: (read: Read) => Promise<T>): Promise<T>;
  /** How many wait for it, and how many connections there are. */
  readonly metrics: readonly Metric[];
  /** Resolves if the database answers; for readiness. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Of a transaction that conflicts with others; the pauses between them come to 0.6 seconds at most. */
const MAX_ATTEMPTS = 6;
/** Shorter than between two looks at whether a process is ready. */
const PING_TIMEOUT_MS = 2_000;
/** Transactions that may wait for a connection; what is past it is refused at once. */
const MAX_WAITING = 1_000;
/** A reader that kept the log from being emptied is soon done. */
const SCRUB_AGAIN_MS = 1_000;

/** The part of knex's pool that its types leave out. */
interface Pool {
  numPendingAcquires(): number;
  numUsed(): number;
  numFree(): number;
}

function metricsOf(name: string, pool: Pool, groups: GroupCommit, readers: ReaderPool | undefined): Metric[] {
  const labels = { database: name };
  return [
    gauge(
      "deskwire_database_waiting",
      "Transactions and queries that wait for a connection, or for their turn on the only one.",
      () => pool.numPendingAcquires() + groups.waiting + (readers?.waiting ?? 0),
      labels,
    ),
    {
      ...{ name: "deskwire_database_connections", type: "gauge" },
      help: "Open connections, by whether they are in use.",
      collect: () => [
        { value: pool.numUsed(), labels: { ...labels, state: "used" } },
        { value: pool.numFree(), labels: { ...labels, state: "free" } },
      ],
    },
  ];
}

async function retrying<T>(attempt: () => Promise<T>): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      if (failures === MAX_ATTEMPTS || !isTransientConflict(error)) throw error;
      await delay(Math.random() * 10 * 2 ** failures);
    }
  }
}

/** Empties SQLite's write-ahead log; false where somebody reads from it. */
async function emptyLog(knex: Knex): Promise<boolean> {
  const [result] = await knex.raw("PRAGMA wal_checkpoint(TRUNCATE)");
  return result.busy === 0;
}

/** What a person is told of a database that cannot be opened. */
function notOpened(error: unknown, name: string, location: DatabaseLocation): unknown {
  if (location.kind === "sqlite") {
    const { file } = location;
    if (isLocked(error)) {
      const message = `${file} is locked by another program, such as sqlite3 in a transaction. End that, then start again.`;
      return fail(Code.Unavailable, "DATABASE_LOCKED", message, { file });
    }
    if (!isDamaged(error)) return error;
    const message = `${file} is damaged or no database. Restore a backup (npm run restore), or move the file away to start anew.`;
    return fail(Code.DataLoss, "DATABASE_DAMAGED", message, { file });
  }
  if (passingFailure(error) === undefined) return error;
  const message = `The PostgreSQL server of DATABASE_URL cannot be reached for ${name}. Start it, or correct DATABASE_URL.`;
  return fail(Code.Unavailable, "DATABASE_UNREACHABLE", message);
}

/**
 * Opens a service's database and brings its schema up to date.
 *
 * @throws ConnectError `DATABASE_NEWER` if a newer version wrote it, `DATABASE_DAMAGED` if it is no sound file,
 *   `DATABASE_LOCKED` if another program has it, `DATABASE_UNREACHABLE` if no server answers, `DATABASE_IN_USE` if copies of
 *   an earlier version have to end first
 */
export async function openDatabase({
  name,
  location,
  migrations,
  log = logToStderr,
}: DatabaseOptions): Promise<Database> {
  const knex = await connect(name, location, log);
  const dialect = location.kind;
  try {
    const schema = location.kind === "postgres" ? location.schema : undefined;
    const begins = (migration: string) => log("migrating", { database: name, migration });
    const ran = await patiently(() => migrate(knex, migrations, schema, begins));
    if (ran.length > 0) log("migrated", { database: name, migrations: ran });
  } catch (error) {
    await knex.destroy();
    throw notOpened(error, name, location);
  }
  traceQueries(knex, { name, dialect });
  const groups = new GroupCommit(knex);
  const pool: Pool = knex.client.pool;
  // A database in memory is its connection's own.
  const file = location.kind === "sqlite" && location.file !== ":memory:" ? location.file : undefined;
  const readers = file === undefined ? undefined : new ReaderPool(file);
  const large = file === undefined ? undefined : await openLarge();
  async function openLarge(): Promise<LargeTransactions> {
    const threaded = await connect(name, location, log, ThreadedSqliteClient);
    traceQueries(threaded, { name, dialect });
    return new LargeTransactions(knex, threaded);
  }
  let scrubbing: NodeJS.Timeout | undefined;
  async function scrub(): Promise<void> {
    if (dialect === "postgres" || (await emptyLog(knex))) return;
    clearTimeout(scrubbing);
    const again = () =>
      scrub().catch((error) => log("cannot empty the write-ahead log", { database: name, error }, "warn"));
    scrubbing = setTimeout(again, SCRUB_AGAIN_MS).unref();
  }
  const inSpan = <T>(run: () => Promise<T>) => traced(() => transactionSpan(name, dialect), run);
  async function transaction<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
    if (dialect === "sqlite") return groups.run(work);
    if (pool.numPendingAcquires() >= MAX_WAITING) throw databaseBusy();
    return retrying(() => knex.transaction(work, { isolationLevel: "read committed" }));
  }
  return {
    knex,
    dialect,
    metrics: metricsOf(name, pool, groups, readers),
    transaction: (work) => inSpan(() => transaction(work)),
    largeTransaction: (work) => inSpan(() => large?.run(work) ?? transaction(work)),
    get isAwaited() {
      return dialect === "sqlite" ? pool.numPendingAcquires() + groups.waiting > 0 : undefined;
    },
    scrub,
    ping: async () => {
      await knex.raw("SELECT 1").timeout(PING_TIMEOUT_MS);
    },
    slowly(work) {
      if (readers === undefined) return work((sql, bindings) => selectRows(knex, sql, bindings ?? []));
      return readers.run((read) =>
        work((sql, bindings) => tellingQuery(knex.client, "select", sql, () => read(sql, bindings))),
      );
    },
    async close() {
      clearTimeout(scrubbing);
      await readers?.close();
      await large?.close();
      await knex.destroy();
    },
  };
}
