import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Database, openDatabase } from "../../runtime/database/database.ts";
import { passingFailure } from "../../runtime/database/errors.ts";
import { SqliteConnection } from "../../runtime/database/sqlite-connection.ts";
import { untilUnlocked } from "../../runtime/database/until-unlocked.ts";
import { reasonOf } from "../../runtime/errors.ts";
import { type TemporaryDatabase, temporaryDatabase } from "../support/databases.ts";

let place: TemporaryDatabase;
let database: Database;
let connection: SqliteConnection;

beforeEach(async () => {
  place = await temporaryDatabase("sqlite");
  database = await place.open({
    name: "thing",
    up: async (trx) => trx.schema.createTable("thing", (t) => t.text("name")),
  });
  connection = new SqliteConnection(":memory:", { cacheSize: 3 });
  return async () => {
    await database.close();
    await place.remove();
  };
});
afterEach(() => connection.close());

const fileOf = ({ knex }: Database) => (knex.client.connectionSettings as { filename: string }).filename;

test("keeps few long statements, however many short ones it would keep", () => {
  const roomy = new SqliteConnection(":memory:");
  const long = (number: number) => `SELECT ${number} /* ${"x".repeat(100_000)} */`;
  for (let number = 1; number <= 9; number++) roomy.run(long(number));
  expect(roomy.preparedStatements).toEqual([long(7), long(8), long(9)]);
  roomy.close();
});

test("forgets the statement that was used longest ago", () => {
  for (const sql of ["SELECT 1", "SELECT 2", "SELECT 3", "SELECT 1", "SELECT 4"]) connection.run(sql);
  expect(connection.preparedStatements).toEqual(["SELECT 3", "SELECT 1", "SELECT 4"]);
});

test("runs an evicted statement again, and a cached one after the table changed", () => {
  connection.run("CREATE TABLE a (x INTEGER)");
  connection.run("INSERT INTO a VALUES (1)");
  expect(connection.run("SELECT * FROM a")).toEqual([{ x: 1 }]);
  connection.run("ALTER TABLE a ADD COLUMN y DEFAULT 2");
  expect(connection.run("SELECT * FROM a")).toEqual([{ x: 1, y: 2 }]);
  for (let index = 0; index < 10; index++) connection.run(`SELECT ${index}`);
  expect(connection.run("SELECT * FROM a")).toEqual([{ x: 1, y: 2 }]);
});

test("writes limits into statements: a bound one has SQLite plan the statement anew with each run", () => {
  const { sql, bindings } = database.knex("thing").where({ name: "a" }).limit(3).offset(2).toSQL();
  expect(sql).toBe("select * from `thing` where `name` = ? limit 3 offset 2");
  expect(bindings).toEqual(["a"]);
});

test("is durable and checks foreign keys", async () => {
  const pragma = async (name: string) => Object.values((await database.knex.raw(`PRAGMA ${name}`))[0])[0];
  expect(await pragma("journal_mode")).toBe("wal");
  expect(await pragma("synchronous")).toBe(2);
  expect(await pragma("foreign_keys")).toBe(1);
  expect(await pragma("busy_timeout")).toBe(0);
});

test.each([
  ["undefined", undefined],
  ["an object", { a: 1 }],
  ["an array", [1]],
])("refuses to bind %s", (what, value) => {
  expect(() => connection.run("SELECT ?", [value])).toThrow(`Binding 1 is ${what}`);
});

test("refuses an undefined value in an insert", async () => {
  await expect(database.knex("thing").insert({ name: undefined })).rejects.toThrow(TypeError);
});

test("refuses a text of several statements, of which all but the first would be dropped", () => {
  expect(() => connection.run("SELECT 1; SELECT 2")).toThrow(/One statement at a time/);
  expect(connection.run("SELECT 1 AS one; ")).toEqual([{ one: 1 }]);
});

test("takes the write lock when a transaction begins", async () => {
  const other = await place.open({ name: "thing", up: async () => {} });
  const begun = database.transaction(async (trx) => {
    await trx("thing").select();
    const waiting = other.transaction((its) => its("thing").insert({ name: "b" }));
    await new Promise(setImmediate);
    await trx("thing").insert({ name: "a" });
    return { waiting };
  });
  await (await begun).waiting;
  await other.close();
  expect(await database.knex("thing").pluck("name")).toEqual(["a", "b"]);
});

test("waits for another process that has the file, while reads and whatever else there is to do go on", async () => {
  const foreign = new DatabaseSync(fileOf(database));
  foreign.exec("BEGIN IMMEDIATE");
  const inTransaction = database.transaction((trx) => trx("thing").insert({ name: "a" }));
  const outside = database.knex("thing").insert({ name: "b" });
  for (let turns = 0; turns < 3; turns++) {
    await delay(1);
    expect(await database.knex("thing").pluck("name")).toEqual([]);
  }
  foreign.exec("INSERT INTO thing (name) VALUES ('foreign'); COMMIT");
  foreign.close();
  await Promise.all([inTransaction, outside]);
  expect(await database.knex("thing").pluck("name")).toEqual(["foreign", "a", "b"]);
});

test("gives up on a file that another process keeps, with what callers are told of a busy database", async () => {
  const foreign = new DatabaseSync(fileOf(database));
  foreign.exec("BEGIN IMMEDIATE");
  const own = new SqliteConnection(fileOf(database));
  const refused = await untilUnlocked(() => own.run("BEGIN IMMEDIATE"), 30).catch((error: unknown) => error);
  expect(reasonOf(passingFailure(refused))).toBe("DATABASE_BUSY");
  own.close();
  foreign.close();
});

test("a read outside of a transaction sees what was committed, and nothing of one that goes on", async () => {
  const names = () => database.knex("thing").pluck("name");
  await database.transaction(async (trx) => {
    await trx("thing").insert({ name: "a" });
    expect(await names()).toEqual([]);
  });
  expect(await names()).toEqual(["a"]);
});

test("stores nothing of a transaction that SQLite itself rolled back", async () => {
  const work = database.transaction(async (trx) => {
    await trx("thing").insert({ name: "before" });
    await trx.raw("CREATE TEMP TRIGGER full BEFORE INSERT ON thing BEGIN SELECT RAISE(ROLLBACK, 'disk full'); END");
    await trx("thing")
      .insert({ name: "refused" })
      .catch(() => undefined);
    await trx("thing").insert({ name: "after" });
  });
  await expect(work).rejects.toThrow(/rolled this transaction back/);
  expect(await database.knex("thing").select()).toEqual([]);
  await database.transaction((trx) => trx("thing").insert({ name: "next" }));
  expect(await database.knex("thing").pluck("name")).toEqual(["next"]);
});

test("keeps a database in memory as long as it is open", async () => {
  const memory = await openDatabase({
    name: "memory",
    location: { kind: "sqlite", file: ":memory:" },
    log: () => {},
    migrations: [{ name: "thing", up: async (trx) => trx.schema.createTable("thing", (t) => t.text("name")) }],
  });
  await memory.transaction((trx) => trx("thing").insert({ name: "a" }));
  expect(await memory.knex("thing").pluck("name")).toEqual(["a"]);
  await memory.close();
});
