import type { Knex } from "knex";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Database, isUniqueViolation, type Migration, openDatabase } from "../../runtime/database/database.ts";
import { selectRows, writeRows } from "../../runtime/database/rows.ts";
import { reasonOf } from "../../runtime/errors.ts";
import { DIALECTS, type TemporaryDatabase, temporaryDatabase } from "../support/databases.ts";
import { eventually } from "../support/processes.ts";

const account: Migration = {
  name: "001-account",
  async up(trx) {
    await trx.schema.createTable("account", (table) => {
      table.bigIncrements("id");
      table.text("email").unique();
      table.text("tenant").notNullable().defaultTo("");
      table.text("external_id");
      table.text("handle");
      table.bigInteger("balance").notNullable().defaultTo(0);
      table.boolean("active");
      table.double("score");
      table.binary("avatar");
      table.bigInteger("created_at");
      table.unique(["tenant", "external_id"]);
    });
    await trx.raw("CREATE UNIQUE INDEX account_folded ON account (lower(handle))");
    // knex leaves the clause out on SQLite.
    await trx.raw("CREATE TABLE entry (account_id BIGINT REFERENCES account (id) DEFERRABLE INITIALLY DEFERRED)");
  },
};

describe.each(DIALECTS)("a database on %s", (dialect) => {
  let place: TemporaryDatabase;
  let database: Database;

  beforeAll(async () => {
    place = await temporaryDatabase(dialect);
    database = await place.open(account);
  });
  afterAll(async () => {
    await database?.close();
    await place?.remove();
  });
  beforeEach(async () => {
    await database.knex("entry").delete();
    await database.knex("account").delete();
  });

  async function insert(row: object): Promise<Record<string, unknown>> {
    const [stored] = await database.knex("account").insert(row).returning("*");
    return stored;
  }
  const emails = () => database.knex("account").orderBy("email").pluck("email");

  test("answers a ping, and refuses it once closed", async () => {
    await database.ping();
    const other = await place.open(account);
    await other.close();
    await expect(other.ping()).rejects.toThrow();
  });

  test("gives values back as they were stored", async () => {
    const text = "naïve \"quoted\" 'text' ?? \\ 日本語 🙂\n";
    const row = await insert({
      email: text,
      balance: Number.MAX_SAFE_INTEGER,
      active: true,
      score: 1.5,
      avatar: Buffer.from([0, 1, 255]),
      created_at: 1_700_000_000_123,
    });
    expect(row).toMatchObject({
      email: text,
      balance: Number.MAX_SAFE_INTEGER,
      score: 1.5,
      created_at: 1_700_000_000_123,
    });
    expect(Boolean(row.active)).toBe(true);
    expect([...(row.avatar as Uint8Array)]).toEqual([0, 1, 255]);
    expect(row.external_id).toBeNull();
    expect(typeof row.id).toBe("number");
  });

  test("keeps integers past the safe range exact, as bigint", async () => {
    const row = await insert({ email: "big", balance: 2n ** 60n + 1n });
    expect(row.balance).toBe(2n ** 60n + 1n);
    expect(
      await database
        .knex("account")
        .where({ balance: 2n ** 60n + 1n })
        .pluck("email"),
    ).toEqual(["big"]);
    await insert({ email: "small", balance: 7 });
    const balanceOf = (email: string) => database.knex("account").where({ email }).first("balance");
    // One statement, asked again after a value that no number holds.
    expect(await balanceOf("big")).toEqual({ balance: 2n ** 60n + 1n });
    expect(await balanceOf("small")).toEqual({ balance: 7 });
    expect(await balanceOf("big")).toEqual({ balance: 2n ** 60n + 1n });
    const { knex } = database;
    const asked = "with found as (select balance from account where email = ?) select balance from found";
    expect(await selectRows(knex, asked, ["big"])).toEqual([{ balance: 2n ** 60n + 1n }]);
    // What writes is not run twice for it.
    const written = "with value as (select 1) insert into account (email, balance) values (?, ?) returning balance";
    const write = (trx: Knex.Transaction) => writeRows(trx, written, ["once", 2n ** 60n + 1n]);
    expect(await knex.transaction(write)).toEqual([{ balance: 2n ** 60n + 1n }]);
  });

  test("stores a number in a text column by its digits", async () => {
    expect((await insert({ email: 3 })).email).toBe("3");
  });

  test("counts and sums as numbers, and tells how many rows a write touched", async () => {
    await database.knex("account").insert([
      { email: "a", balance: 1 },
      { email: "b", balance: 2 },
    ]);
    const totals = await database.knex("account").count({ rows: "*" }).sum({ sum: "balance" }).first();
    expect({ ...totals }).toEqual({ rows: 2, sum: 3 });
    expect(await database.knex("account").update({ score: 1 })).toBe(2);
    expect(await database.knex("account").where({ email: "a" }).delete()).toBe(1);
    expect(await database.knex("account").where({ email: "a" }).delete()).toBe(0);
  });

  test("refuses a condition on undefined", async () => {
    await expect(database.knex("account").where({ email: undefined as never })).rejects.toThrow(/undefined/i);
  });

  test("keeps the values of a failed query out of the error message", async () => {
    await insert({ email: "secret@example.com" });
    const error = await insert({ email: "secret@example.com" }).catch((caught: Error) => caught);
    expect((error as Error).message).not.toContain("secret");
  });

  test("rolls a failed transaction back whole", async () => {
    const failed = database.transaction(async (trx) => {
      await trx("account").insert({ email: "gone" });
      throw new Error("no");
    });
    await expect(failed).rejects.toThrow("no");
    expect(await emails()).toEqual([]);
  });

  test("rolls back a transaction whose COMMIT is refused, and goes on", async () => {
    const orphan = database.transaction(async (trx) => {
      await trx("account").insert({ email: "gone" });
      await trx("entry").insert({ account_id: 999_999 });
    });
    await expect(orphan).rejects.toThrow(/foreign key/i);
    await database.transaction((trx) => trx("account").insert({ email: "next" }));
    expect(await emails()).toEqual(["next"]);
  });

  test("undoes a savepoint alone", async () => {
    await database.transaction(async (trx) => {
      await trx("account").insert({ email: "outer" });
      const inner = trx.transaction(async (savepoint) => {
        await savepoint("account").insert({ email: "inner" });
        await savepoint("account").insert({ email: "outer" });
      });
      await expect(inner).rejects.toSatisfy((error) => isUniqueViolation(error, "account.email"));
      await trx.transaction((savepoint) => savepoint("account").insert({ email: "second" }));
    });
    expect(await emails()).toEqual(["outer", "second"]);
  });

  test("loses none of 50 transactions that read and then write the same row at once", async () => {
    await insert({ email: "counter" });
    const increment = () =>
      database.transaction(async (trx) => {
        const row = await trx("account").where({ email: "counter" }).forUpdate().first();
        await trx("account")
          .where({ id: row.id })
          .update({ balance: row.balance + 1 });
      });
    await Promise.all(Array.from({ length: 50 }, increment));
    expect(await database.knex("account").pluck("balance")).toEqual([50]);
  });

  test("ends transactions that take the same rows in opposite order", async () => {
    await database.knex("account").insert([{ email: "a" }, { email: "b" }]);
    const move = (...order: string[]) =>
      database.transaction(async (trx) => {
        for (const email of order) await trx("account").where({ email }).increment("balance", 1);
      });
    await Promise.all(Array.from({ length: 4 }, (_, index) => (index % 2 ? move("a", "b") : move("b", "a"))));
    expect(await database.knex("account").pluck("balance")).toEqual([4, 4]);
  });

  test("tells which unique key a write broke", async () => {
    const first = await insert({ email: "a@b", tenant: "t", external_id: "x", handle: "ann" });
    const broken = (row: object) => insert(row).catch((error: unknown) => error);

    const email = await broken({ email: "a@b" });
    expect(isUniqueViolation(email)).toBe(true);
    expect(isUniqueViolation(email, "account.external_id")).toBe(false);
    expect(isUniqueViolation(await broken({ id: first.id }), "account.id")).toBe(true);
    const composite = await broken({ tenant: "t", external_id: "x" });
    expect(isUniqueViolation(composite, "account.tenant")).toBe(true);
    expect(isUniqueViolation(composite, "account.external_id")).toBe(true);
    expect(isUniqueViolation(composite, "account.email")).toBe(false);
    expect(isUniqueViolation(await broken({ handle: "ANN" }), "account_folded")).toBe(true);
  });

  test("does not take another failure for a broken unique key", async () => {
    const missing = await database
      .knex("account")
      .insert({ tenant: null })
      .catch((error: unknown) => error);
    expect(missing).toBeInstanceOf(Error);
    expect(isUniqueViolation(missing)).toBe(false);
    expect(isUniqueViolation(undefined)).toBe(false);
  });
});

describe.each(DIALECTS)("migrations on %s", (dialect) => {
  let place: TemporaryDatabase;
  beforeEach(async () => {
    place = await temporaryDatabase(dialect);
    return () => place.remove();
  });
  const open = (...migrations: Migration[]) => place.open(...migrations);

  test("run once, in order, for four that open at the same moment", async () => {
    const runs: string[] = [];
    const step = (name: string): Migration => ({
      name,
      async up(trx) {
        runs.push(name);
        await trx.schema.createTable(name, (table) => table.increments("id"));
      },
    });
    const steps = [step("one"), step("two")];
    const databases = await Promise.all(Array.from({ length: 4 }, () => open(...steps)));
    expect(runs).toEqual(["one", "two"]);
    await Promise.all(databases.map((database) => database.close()));

    const later = await open(...steps, step("three"));
    expect(runs).toEqual(["one", "two", "three"]);
    await later.close();
  });

  test("leave nothing behind when one fails, and name it", async () => {
    const create: Migration = {
      name: "create",
      up: async (trx) => trx.schema.createTable("a", (t) => t.increments("id")),
    };
    const broken: Migration = { name: "broken", up: async (trx) => trx.raw("SELECT * FROM nowhere") };
    await expect(open(create, broken)).rejects.toThrow(/broken failed/);
    const database = await open(create);
    expect(await database.knex("migration").pluck("name")).toEqual(["create"]);
    await database.close();
  });

  test("refuse a database that a newer version wrote", async () => {
    const database = await open({ name: "future", up: async () => {} });
    await database.close();
    const error = await open().catch((caught: unknown) => caught);
    expect(reasonOf(error)).toBe("DATABASE_NEWER");
  });
});

test("a step that copies of an earlier version would undo waits until they have ended", async () => {
  const place = await temporaryDatabase("postgres");
  const first: Migration = { name: "first", up: async (trx) => trx.schema.createTable("a", (t) => t.increments("id")) };
  const second: Migration = { name: "second", needsQuiet: true, up: async (trx) => trx.schema.dropTable("a") };
  const open = (...migrations: Migration[]) =>
    openDatabase({ name: "quiet", location: place.location, migrations, log: () => {} });
  const older = await open(first);
  const refused = await open(first, second).catch((error: unknown) => error);
  expect(reasonOf(refused)).toBe("DATABASE_IN_USE");
  expect(await older.knex("a")).toEqual([]);
  const newer = Array.from({ length: 3 }, () => open(first, second));
  await older.close();
  for (const { knex } of await Promise.all(newer)) expect(await knex.schema.hasTable("a")).toBe(false);
  for (const database of newer) await (await database).close();
  await place.remove();
});

test("a database on postgres goes on after the server dropped its connections", async () => {
  const place = await temporaryDatabase("postgres");
  const logged: unknown[] = [];
  const [database, admin] = await Promise.all([
    openDatabase({
      name: "dropped",
      location: place.location,
      migrations: [],
      log: (message, fields) => logged.push([message, fields]),
    }),
    place.open(),
  ]);
  await database.ping();
  await admin.knex
    .from("pg_stat_activity")
    .where({ application_name: "deskwire-dropped" })
    .select(admin.knex.raw("pg_terminate_backend(pid)"));
  await eventually(() => database.ping().then(() => true));
  await database.transaction((trx) => trx.raw("SELECT 1"));
  await eventually(async () => logged.length > 0);
  expect(logged).toContainEqual(["a database connection broke", { database: "dropped" }]);
  await Promise.all([database.close(), admin.close()]);
  await place.remove();
});

test("a database on postgres is opened although a connection breaks meanwhile", async () => {
  const place = await temporaryDatabase("postgres");
  let breaks = 2;
  const up: Migration["up"] = async (trx) => {
    if (breaks-- > 0) await trx.raw("SELECT pg_terminate_backend(pg_backend_pid())");
    await trx.schema.createTable("a", (table) => table.increments("id"));
  };
  const database = await place.open({ name: "a", up });
  expect(await database.knex("a")).toEqual([]);
  await database.close();
  await place.remove();
});
