// Many rows at once, in whichever way the database takes them quickest.
import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import type { DirectClient } from "./direct-runner.ts";

type Row = object;

/** PostgreSQL numbers the values of a statement with 16 bits. */
const MAX_VALUES = 65_535;

/**
 * Inserts rows that all have the columns of the first. In SQLite a statement for one row, prepared once and run for each,
 * takes a fraction of the time that one statement for all of them takes to compile; PostgreSQL is spared round trips. Either
 * way it is one query for whoever listens to them.
 */
export async function insertRows(trx: Knex.Transaction, table: string, rows: readonly Row[]): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const columns = Object.keys(first);
  const client = trx.client as Knex.Client & DirectClient;
  if (client.direct === undefined) {
    const most = Math.floor(MAX_VALUES / columns.length);
    for (let from = 0; from < rows.length; from += most) await trx(table).insert(rows.slice(from, from + most));
    return;
  }
  const named = (name: string) => client.wrapIdentifier(name, undefined);
  const places = columns.map(() => "?").join(", ");
  const sql = `insert into ${named(table)} (${columns.map(named).join(", ")}) values (${places})`;
  const query = { method: "insert", sql, __knexQueryUid: randomUUID() };
  client.emit("query", query);
  try {
    const { connection } = client.direct;
    for (const row of rows)
      connection.run(
        sql,
        columns.map((column) => (row as Record<string, unknown>)[column]),
      );
  } catch (error) {
    client.emit("query-error", error, query);
    throw error;
  }
  client.emit("query-response", undefined, query);
}
