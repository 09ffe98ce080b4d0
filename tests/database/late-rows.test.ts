import type { Knex } from "knex";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Database } from "../../runtime/database/database.ts";
import { insertRowsLate } from "../../runtime/database/rows.ts";
import { type TemporaryDatabase, temporaryDatabase } from "../support/databases.ts";

let place: TemporaryDatabase;
let database: Database;
beforeEach(async () => {
  place = await temporaryDatabase("sqlite");
  database = await place.open({
    name: "entry",
    up: async (trx) => trx.schema.createTable("entry", (table) => void table.text("name").primary()),
  });
});
afterEach(async () => {
  await database.close();
  await place.remove();
});

const late = (trx: Knex.Transaction, name: string) => insertRowsLate(trx, "entry", [{ name }]);
const names = (db: Knex = database.knex): Promise<string[]> => db("entry").orderBy("name").pluck("name");

/** Works that come while another holds the connection, and so share a transaction. */
async function together(...works: readonly ((trx: Knex.Transaction) => Promise<unknown>)[]) {
  const all = [async () => {}, ...works].map((work) => database.transaction(work));
  return (await Promise.allSettled(all)).slice(1).map(({ status }) => status);
}

test("rows of several works are there after their commit", async () => {
  expect(
    await together(
      (trx) => late(trx, "a"),
      (trx) => late(trx, "b"),
    ),
  ).toEqual(["fulfilled", "fulfilled"]);
  expect(await names()).toEqual(["a", "b"]);
});

test("whoever names their table before the commit finds them there", async () => {
  let seen: string[] = [];
  await together(
    (trx) => late(trx, "a"),
    async (trx) => {
      await late(trx, "b");
      seen = await names(trx);
    },
  );
  expect(seen).toEqual(["a", "b"]);
});

test("a work that fails takes its own rows along, and no others, whether they were written or not", async () => {
  const fails = async (trx: Knex.Transaction) => {
    await late(trx, "c");
    await names(trx);
    await late(trx, "d");
    throw new Error("no");
  };
  const outcomes = await together(
    (trx) => late(trx, "a"),
    fails,
    (trx) => late(trx, "b"),
  );
  expect(outcomes).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(await names()).toEqual(["a", "b"]);
});

test("a transaction within one that is rolled back takes along what came within it", async () => {
  await database.transaction(async (trx) => {
    await late(trx, "a");
    const inner = trx.transaction(async (within) => {
      await late(within, "b");
      throw new Error("no");
    });
    await inner.catch(() => {});
    await trx.transaction((within) => late(within, "c"));
  });
  expect(await names()).toEqual(["a", "c"]);
});

test("a row that the database refuses fails the works that share its commit, and none after it", async () => {
  const outcomes = await together(
    (trx) => late(trx, "a"),
    (trx) => late(trx, "a"),
  );
  expect(outcomes).toEqual(["rejected", "rejected"]);
  await database.transaction((trx) => late(trx, "b"));
  expect(await names()).toEqual(["b"]);
});

test("a value that cannot be stored is an error of its own work alone", async () => {
  const wrong = (trx: Knex.Transaction) => insertRowsLate(trx, "entry", [{ name: undefined }]);
  expect(await together((trx) => late(trx, "a"), wrong)).toEqual(["fulfilled", "rejected"]);
  expect(await names()).toEqual(["a"]);
});
