// Transactions of very many rows: in SQLite they have a thread.
import type { Knex } from "knex";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Database, isUniqueViolation } from "../../runtime/database/database.ts";
import { insertRows } from "../../runtime/database/rows.ts";
import { SqliteThread } from "../../runtime/database/sqlite-thread.ts";
import { DIALECTS, type TemporaryDatabase, temporaryDatabase } from "../support/databases.ts";

const ROWS = Array.from({ length: 600 }, (_, index) => ({ id: 2 ** 40 + index, name: `thing ${index}` }));

describe.each(DIALECTS)("a large transaction on %s", (dialect) => {
  let place: TemporaryDatabase;
  let database: Database;
  beforeAll(async () => {
    place = await temporaryDatabase(dialect);
    const columns = (table: Knex.CreateTableBuilder) => {
      table.bigInteger("id").primary();
      table.text("name");
    };
    database = await place.open({ name: "thing", up: (trx) => trx.schema.createTable("thing", columns) });
  });
  afterAll(async () => {
    await database.close();
    await place.remove();
  });
  beforeEach(async () => void (await database.knex("thing").delete()));

  const count = async (db: Knex = database.knex) => Number((await db("thing").count({ n: "*" }))[0]?.n);

  test("stores what it inserts, sees it before, and hands on what its work gives", async () => {
    const seen = await database.largeTransaction(async (trx) => {
      await insertRows(trx, "thing", ROWS);
      return [await count(trx), await trx("thing").where({ id: ROWS[599]?.id }).first("name")];
    });
    expect(seen).toEqual([600, { name: "thing 599" }]);
    expect(await count()).toBe(600);
  });

  test("stores nothing where its work fails, and says what the database says", async () => {
    const twice = database.largeTransaction(async (trx) => {
      await insertRows(trx, "thing", ROWS);
      await insertRows(trx, "thing", ROWS.slice(0, 1));
    });
    const error = await twice.catch((error: unknown) => error);
    expect(isUniqueViolation(error, "thing.id")).toBe(true);
    expect(await count()).toBe(0);
    await database.largeTransaction((trx) => insertRows(trx, "thing", ROWS));
    expect(await count()).toBe(600);
  });

  test("has others read meanwhile, and write afterwards", async () => {
    const inserted = Promise.withResolvers<void>();
    const read = Promise.withResolvers<void>();
    const awaited: (boolean | undefined)[] = [];
    const large = database.largeTransaction(async (trx) => {
      await insertRows(trx, "thing", ROWS);
      awaited.push(database.isAwaited);
      inserted.resolve();
      await read.promise;
      awaited.push(database.isAwaited);
    });
    await inserted.promise;
    const writing = database.transaction(async (trx) => void (await trx("thing").insert({ id: 1, name: "another" })));
    expect(await database.knex("thing").where("id", ">", 1).first()).toBeUndefined();
    read.resolve();
    await large;
    await writing;
    // PostgreSQL does not tell.
    expect(awaited).toEqual(dialect === "sqlite" ? [false, true] : [undefined, undefined]);
    expect(await count()).toBe(601);
  });
});

test("whoever waits for a thread that ends hears why", async () => {
  const thread = new SqliteThread(":memory:", {});
  expect(await thread.run("select ? as one", [1])).toEqual([{ one: 1 }]);
  const asked = expect(thread.run("select 2 as two")).rejects.toThrow("the database was closed");
  await thread.end(new Error("the database was closed"));
  await asked;
  await expect(thread.run("select 3 as three")).rejects.toThrow("the database was closed");
});
