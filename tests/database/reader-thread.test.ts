// Reads that take long have a thread of their own: whoever else asks is answered meanwhile.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "../../runtime/database/database.ts";
import { ReaderPool } from "../../runtime/database/reader-pool.ts";
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
  const rows = await database.slowly((read) => read("SELECT id FROM thing WHERE id = ?", [2 ** 40]));
  expect(rows).toEqual([{ id: 2 ** 40 }]);
  await expect(database.slowly((read) => read("SELECT * FROM elsewhere"))).rejects.toMatchObject({
    message: expect.stringContaining("no such table: elsewhere"),
    errcode: 1,
  });
});

test("reads of one work see one state, and temporary tables go with it", async () => {
  const counts = await database.slowly(async (read) => {
    await read("CREATE TEMP TABLE kept (id INTEGER PRIMARY KEY)");
    const count = () => read<{ n: number }>("SELECT count(*) AS n FROM thing");
    const before = await count();
    await database.transaction((trx) => trx("thing").insert({ id: 2 ** 41 }));
    return [before, await count()];
  });
  expect(counts[1]).toEqual(counts[0]);
  await expect(database.slowly((read) => read("SELECT * FROM temp.kept"))).rejects.toThrow("no such table");
});

test("others are answered while it reads; one that takes too long is given up, and the next is read", async () => {
  const thread = new ReaderThread(file, { timeoutMs: 2_000 });
  let over = false;
  const endless = thread
    .run((read) => read(ENDLESS))
    .catch((error) => error)
    .finally(() => (over = true));
  const behind = thread.run((read) => read("SELECT ? AS one", [1]));
  let answered = 0;
  while (!over) {
    await database.knex("thing").count();
    await database.transaction((trx) => trx("thing").insert({ id: ++answered }));
  }
  expect(answered).toBeGreaterThan(1);
  expect(await endless).toMatchObject({ message: expect.stringContaining("database has more to do") });
  expect(await behind).toEqual([{ one: 1 }]);
  await thread.close();
});

test("of several threads one reads while another is at a work", async () => {
  const readers = new ReaderPool(file);
  const { promise, resolve } = Promise.withResolvers<string>();
  const long = readers.run(() => promise);
  expect(await readers.run((read) => read("SELECT ? AS one", [1]))).toEqual([{ one: 1 }]);
  expect(readers.waiting).toBe(1);
  resolve("done");
  expect(await long).toBe("done");
  await readers.close();
});

test("a thread that is closed answers those who wait", async () => {
  const thread = new ReaderThread(file);
  const waiting = expect(thread.run((read) => read(ENDLESS))).rejects.toThrow("closed");
  await eventually(async () => thread.waiting > 0);
  await thread.close();
  await waiting;
});
