// Rows in and out by statements that knex would take longer to build than the database to run.
import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import type { DirectClient, DirectConnection } from "./direct-runner.ts";

/** PostgreSQL numbers the values of a statement with 16 bits. */
const MAX_VALUES = 65_535;
/**
 * Rows of a statement in SQLite. Each statement with a trigger keeps every page that it changes as it was, and has the
 * full-text index write down what it holds: for each row alone, that takes three times as long as all the rest. Few sizes, so
 * that few statements are prepared.
 */
const SQLITE_ROWS = [128, 16, 1];

type Client = Knex.Client & DirectClient;

/** Runs statements outside of knex, as one query for whoever listens to knex's. */
export function tellingQuery<T>(client: Client, method: string, sql: string, work: () => T): T {
  const query = { method, sql, __knexQueryUid: randomUUID() };
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

/** Takes rows apart into runs of the sizes, the largest first. */
function* inSizes<T>(rows: readonly T[], sizes: readonly number[]): Generator<readonly T[]> {
  let from = 0;
  for (const size of sizes) {
    for (; rows.length - from >= size; from += size) yield rows.slice(from, from + size);
  }
}

/**
 * Inserts rows that all have the columns of the first. In SQLite by statements that are prepared once and run for many rows;
 * PostgreSQL is spared round trips.
 */
export async function insertRows(trx: Knex.Transaction, table: string, rows: readonly object[]): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const columns = Object.keys(first);
  const client: Client = trx.client;
  const connection = connectionOf(client);
  if (connection === undefined) {
    const most = Math.floor(MAX_VALUES / columns.length);
    for (let from = 0; from < rows.length; from += most) await trx(table).insert(rows.slice(from, from + most));
    return;
  }
  const named = (name: string) => client.wrapIdentifier(name, undefined);
  const insert = `insert into ${named(table)} (${columns.map(named).join(", ")}) values `;
  const places = `(${columns.map(() => "?").join(", ")})`;
  for (const some of inSizes(rows, SQLITE_ROWS)) {
    const sql = insert + new Array(some.length).fill(places).join(", ");
    const values = some.flatMap((row) => columns.map((column) => (row as Record<string, unknown>)[column]));
    tellingQuery(client, "insert", sql, () => connection.run(sql, values));
  }
}

/** Reads the rows of a statement, in which `?` stands for a value. */
export async function selectRows<Row>(knex: Knex, sql: string, bindings: readonly unknown[]): Promise<Row[]> {
  const client: Client = knex.client;
  const connection = connectionOf(client);
  if (connection) return tellingQuery(client, "select", sql, () => connection.run(sql, bindings)) as Row[];
  const answer = await knex.raw(sql, bindings as Knex.RawBinding[]);
  return Array.isArray(answer) ? answer : answer.rows;
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
  return knex.client.dialect === "postgresql"
    ? selectRows(knex, `${select} where ${column} = any(?)`, [texts])
    : selectRows(knex, `${select} where ${column} in (select value from json_each(?))`, [JSON.stringify(texts)]);
}
