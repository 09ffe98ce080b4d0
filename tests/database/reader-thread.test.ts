// Reads that take long have a thread of their own: whoever else asks is answered meanwhile.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "../../runtime/database/database.ts";
import { ReaderThread } from "../../runtime/database/reader-thread.ts";
import { type TemporaryDatabase, temporaryDatabase } from "../support/databases.ts";
import { eventually } from "../support/processes.ts";

/** Counts so far that it would take minutes. */
const ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1e10) SELECT max(i) FROM n";

let place: TemporaryDatabase;
let database: Database;
let file: string;
beforeAll(async () => {
  place = await temporaryDatabase("sqlite");
  if (place.location.kind === "sqlite") file = place.location.file;
  database = await place.open({
    name: "thing",
    up: (trx) => trx.schema.createTable("thing", (table) => void table.bigInteger("id").primary()),
  });
});
afterAll(async () => {
  await database.close();
  await place.remove();
});

test("a read on the side sees what was committed, and says what SQLite says", async () => {
  await database.transaction((trx) => trx("thing").insert({ id: 2 ** 40 }));
  expect(await database.slowly(database.knex("thing").where({ id: 2 ** 40 }))).toEqual([{ id: 2 ** 40 }]);
  await expect(database.slowly(database.knex("nothing"))).rejects.toMatchObject({
    message: expect.stringContaining("no such table: nothing"),
    errcode: 1,
  });
});

test("others are answered while it reads; one that takes too long is given up, and the next is read", async () => {
  const thread = new ReaderThread(file, { timeoutMs: 2_000 });
  const endless = thread.select(ENDLESS, []).then(
    () => "answered",
    (error) => error,
  );
  const behind = thread.select("SELECT 1 AS one", []).catch((error) => error);
  let answered = 0;
  let over = false;
  void endless.then(() => (over = true));
  while (!over) {
    await database.knex("thing").count();
    await database.transaction((trx) => trx("thing").insert({ id: ++answered }));
  }
  expect(answered).toBeGreaterThan(1);
  expect(await endless).toMatchObject({ message: expect.stringContaining("database has more to do") });
  expect(await behind).toMatchObject({ message: expect.stringContaining("database has more to do") });
  expect(await eventually(() => thread.select("SELECT ? AS one", [1]), 60_000)).toEqual([{ one: 1 }]);
  await thread.close();
});

test("a thread that is closed answers those who wait", async () => {
  const thread = new ReaderThread(file);
  const waiting = expect(thread.select(ENDLESS, [])).rejects.toThrow("closed");
  await thread.close();
  await waiting;
});
