// Rows in and out by statements that knex would take longer to build than the database to run.
import type { Knex } from "knex";
import { isTracing } from "../telemetry/tracing.ts";
import type { DirectClient, DirectConnection } from "./direct-runner.ts";
import type { RowsOfTable } from "./late-rows.ts";
import type { Read } from "./reader-thread.ts";

/** PostgreSQL numbers the values of a statement with 16 bits. */
const MAX_VALUES = 65_535;

type Client = Knex.Client & DirectClient;

/** What has a client to run statements with: knex, a transaction, or a query of theirs. */
export type WithClient = Pick<Knex, "client">;

/** A statement or a part of one, in which `?` stands for a value. */
export interface Sql {
  readonly sql: string;
  readonly bindings: readonly unknown[];
}

let queries = 0;

/** Runs statements outside of knex, as one query for traces, which listen to knex's. */
export function tellingQuery<T>(client: Client, method: string, sql: string, work: () => T): T {
  if (!isTracing()) return work();
  const query = { method, sql, __knexQueryUid: `direct-${queries++}` };
  const done = () => client.emit("query-response", undefined, query);
  const failed = (error: unknown) => client.emit("query-error", error, query);
  client.emit("query", query);
  try {
    const result = work();
    if (result instanceof Promise) result.then(done, failed);
    else done();
    return result;
  } catch (error) {
    failed(error);
    throw error;
  }
}

/** The connection of a client whose database answers at once. */
function connectionOf({ direct }: Client): DirectConnection["connection"] | undefined {
  return direct && !direct.isOver() ? direct.connection : undefined;
}

/** Rows of a table that all have the columns of the first. */
function rowsOfTable(table: string, rows: readonly object[]): RowsOfTable {
  const columns = Object.keys(rows[0] ?? {});
  const values: unknown[] = [];
  for (const row of rows) for (const column of columns) values.push((row as Record<string, unknown>)[column]);
  return { table, columns, values };
}

/**
 * Inserts rows that all have the columns of the first. In SQLite by statements that are prepared once and run for many rows;
 * PostgreSQL is spared round trips.
 */
export async function insertRows(trx: Knex.Transaction, table: string, rows: readonly object[]): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const client: Client = trx.client;
  const connection = connectionOf(client) ?? client.thread;
  if (connection === undefined) {
    const most = Math.floor(MAX_VALUES / Object.keys(first).length);
    for (let from = 0; from < rows.length; from += most) await trx(table).insert(rows.slice(from, from + most));
    return;
  }
  await tellingQuery(client, "insert", `insert into ${table}`, () => connection.insert(rowsOfTable(table, rows)));
}

/** Whether a transaction has its connection in a thread (`Database.largeTransaction`). */
export const isInThread = ({ client }: WithClient): boolean => (client as Client).thread !== undefined;

/**
 * Does several things in this order. A thread is asked for all of them at once, so that it need not wait between one and the next.
 * Should one fail, those behind it are done too before the error is thrown: nothing of theirs may follow the transaction's end.
 */
export async function inOrder(trx: Knex.Transaction, ...works: readonly (() => Promise<void>)[]): Promise<void> {
  if (isInThread(trx)) {
    const results = await Promise.allSettled(works.map((work) => work()));
    for (const result of results) if (result.status === "rejected") throw result.reason;
  } else for (const work of works) await work();
}

/**
 * As `insertRows`, but SQLite inserts them when the transaction ends, together with those of the other works that share its
 * commit; whoever names the table before finds them there. For rows that nothing in the database can refuse: an error of
 * theirs is one of all these works.
 */
export async function insertRowsLate(trx: Knex.Transaction, table: string, rows: readonly object[]): Promise<void> {
  const client: Client = trx.client;
  const connection = connectionOf(client);
  if (connection === undefined) return insertRows(trx, table, rows);
  if (rows.length === 0) return;
  tellingQuery(client, "insert", `insert into ${table}`, () => connection.insertLate(rowsOfTable(table, rows)));
}

async function run<Row>(
  { client }: { readonly client: Client },
  method: string,
  sql: string,
  bindings: readonly unknown[],
): Promise<Row[]> {
  const connection = connectionOf(client);
  if (connection) {
    const result = tellingQuery(client, method, sql, () => connection.run(sql, bindings));
    return Array.isArray(result) ? (result as Row[]) : [];
  }
  const answer = await client.raw(sql, bindings as Knex.RawBinding[]);
  return Array.isArray(answer) ? answer : answer.rows;
}

/** Reads the rows of a statement, in which `?` stands for a value. */
export async function selectRows<Row>(db: WithClient, sql: string, bindings: readonly unknown[]): Promise<Row[]> {
  return run(db, "select", sql, bindings);
}

/** How statements are read at once; `Database.slowly` gives another way. */
export const readAtOnce =
  (db: WithClient): Read =>
  (sql, bindings = []) =>
    selectRows(db, sql, bindings);

/** Runs a statement that writes, in which `?` stands for a value; gives the rows of its RETURNING. */
export async function writeRows<Row>(trx: Knex.Transaction, sql: string, bindings: readonly unknown[]): Promise<Row[]> {
  return run(trx, "write", sql, bindings);
}

/** Reads a row that this transaction will write, and in PostgreSQL keeps it from others until the transaction ends. */
export async function selectForUpdate<Row>(
  trx: Knex.Transaction,
  sql: string,
  bindings: readonly unknown[],
): Promise<Row[]> {
  // SQLite has one writer at a time.
  return selectRows(trx, trx.client.dialect === "postgresql" ? `${sql} for update` : sql, bindings);
}

/** Changes columns of the rows whose `key` is `value`. */
export async function updateRows(
  trx: Knex.Transaction,
  table: string,
  [key, value]: readonly [string, unknown],
  columns: Readonly<Record<string, unknown>>,
): Promise<void> {
  const names = Object.keys(columns);
  if (names.length === 0) return;
  const set = names.map((name) => `${name} = ?`).join(", ");
  await writeRows(trx, `update ${table} set ${set} where ${key} = ?`, [...Object.values(columns), value]);
}

/**
 * Reads the rows whose column has one of these texts, by one statement however many they are.
 *
 * @param select `select … from …`, without conditions
 */
export async function selectByTexts<Row>(
  knex: Knex,
  select: string,
  column: string,
  texts: readonly string[],
): Promise<Row[]> {
  if (texts.length === 0) return [];
  if (texts.length === 1) return selectRows(knex, `${select} where ${column} = ?`, texts);
  return knex.client.dialect === "postgresql"
    ? selectRows(knex, `${select} where ${column} = any(?)`, [texts])
    : selectRows(knex, `${select} where ${column} in (select value from json_each(?))`, [JSON.stringify(texts)]);
}
