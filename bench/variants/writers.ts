// Writers that share a SQLite file on disk: each changes a row and appends one, and goes on when that is durable.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Knex } from "knex";
import { type Database, openDatabase } from "../../runtime/database/database.ts";
import { insertRowsLate, writeRows } from "../../runtime/database/rows.ts";
import type { Variant } from "../lib/interleave.ts";

/** A transaction a write, or writes that come together in one. */
export type Writing = "one-by-one" | "grouped";

const ROWS = 4_000;
const CHUNK = 400;

const migration = {
  name: "bench",
  async up(trx: Knex.Transaction) {
    await trx.schema.createTable("thing", (table) => {
      table.bigIncrements("id");
      table.integer("version").notNullable();
      table.text("state").notNullable();
    });
    await trx.schema.createTable("event", (table) => {
      table.bigIncrements("position");
      table.bigInteger("thing_id").notNullable();
      table.text("event").notNullable();
    });
    for (let first = 1; first <= ROWS; first += CHUNK) {
      const rows = Array.from({ length: CHUNK }, (_, i) => ({ id: first + i, version: 0, state: "open" }));
      await trx("thing").insert(rows);
    }
  },
};

const EVENT = JSON.stringify({
  type: "MESSAGE_ADDED",
  body: "The second payment is on its way back to you.".repeat(4),
});

const nextThing = () => 1 + Math.floor(Math.random() * ROWS);

/** By knex, as anybody would. */
async function byKnex(trx: Knex.Transaction): Promise<void> {
  const id = nextThing();
  await trx("thing").where({ id }).increment("version", 1).update({ state: "in_progress" });
  await trx("event").insert({ thing_id: id, event: EVENT });
}

/** As the desk writes tickets and its log. */
async function asTheDesk(trx: Knex.Transaction): Promise<void> {
  const id = nextThing();
  await writeRows(trx, "update thing set version = version + 1, state = ? where id = ?", ["in_progress", id]);
  await insertRowsLate(trx, "event", [{ thing_id: id, event: EVENT }]);
}

/** Writers over a new file, with `synchronous=FULL` as every database of the desk. They work in this process. */
export async function writers(resources: AsyncDisposableStack, name: string, how: Writing): Promise<Variant> {
  const folder = await mkdtemp(join(tmpdir(), "deskwire-bench-"));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  const location = { kind: "sqlite", file: join(folder, "bench.db") } as const;
  const database: Database = await openDatabase({ name: "bench", location, migrations: [migration], log: () => {} });
  resources.defer(() => database.close());
  const call = how === "grouped" ? () => database.transaction(asTheDesk) : () => database.knex.transaction(byKnex);
  return {
    name,
    pids: [process.pid],
    callers: async (count) => Array.from({ length: count }, () => call),
  };
}
