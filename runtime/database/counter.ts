// Numbers that are given out in the order of commits, without gaps.
import type { Knex } from "knex";
import { selectForUpdate, selectRows, writeRows } from "./rows.ts";

/** Makes the table of counters, within a migration, with the value before the first number of each. */
export async function createCounters(trx: Knex.Transaction, before: Readonly<Record<string, number>>): Promise<void> {
  await trx.schema.createTable("counter", (table) => {
    table.text("name").primary();
    table.bigInteger("value").notNullable();
  });
  await trx("counter").insert(Object.entries(before).map(([name, value]) => ({ name, value })));
}

/** The last number that was given out; `lock` keeps others from the next until the transaction ends. */
export async function lastTaken(db: Knex, name: string, lock = false): Promise<number> {
  const select = lock ? selectForUpdate<{ value: number }> : selectRows<{ value: number }>;
  const [row] = await select(db as Knex.Transaction, "select value from counter where name = ?", [name]);
  if (row === undefined) throw new Error(`There is no counter ${name}.`);
  return row.value;
}

/**
 * Takes `count` numbers from a counter and returns the first.
 *
 * The counter's row stays locked until the transaction ends. So whoever takes the next number commits after this one:
 * a reader that goes by these numbers never meets a smaller one later.
 */
export async function take(trx: Knex.Transaction, name: string, count = 1): Promise<number> {
  const sql = "update counter set value = value + ? where name = ? returning value";
  const [row] = await writeRows<{ value: number }>(trx, sql, [count, name]);
  if (row === undefined) throw new Error(`There is no counter ${name}.`);
  return row.value - count + 1;
}
