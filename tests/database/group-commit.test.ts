import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { Code, type ConnectError } from "@connectrpc/connect";
import type { Knex } from "knex";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RetryInfoSchema } from "#gen/google/rpc/error_details_pb.js";
import type { Database, Migration } from "../../runtime/database/database.ts";
import { GroupCommit } from "../../runtime/database/group-commit.ts";
import { reasonOf } from "../../runtime/errors.ts";
import { type TemporaryDatabase, temporaryDatabase } from "../support/databases.ts";

const entry: Migration = {
  name: "entry",
  async up(trx) {
    await trx.schema.createTable("entry", (table) => void table.text("name").primary());
    await trx.raw("CREATE TABLE child (name TEXT REFERENCES entry (name) DEFERRABLE INITIALLY DEFERRED)");
  },
};

let place: TemporaryDatabase;
let database: Database;
let commits: number;
beforeEach(async () => {
  place = await temporaryDatabase("sqlite");
  database = await place.open(entry);
  commits = 0;
  database.knex.on("query", ({ sql }: { sql: string }) => void (/^COMMIT/.test(sql) && commits++));
});
afterEach(async () => {
  await database.close();
  await place.remove();
});

const names = () => database.knex("entry").orderBy("name").pluck("name");
const insert = (name: string) => (trx: Knex.Transaction) => trx("entry").insert({ name });

/** Occupies the connection until the returned function is called, so that what comes meanwhile makes one group. */
async function hold(transaction: Database["transaction"] = database.transaction): Promise<() => Promise<void>> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const began = Promise.withResolvers<void>();
  const holder = transaction(async () => {
    began.resolve();
    await promise;
  });
  await began.promise;
  return () => {
    resolve();
    return holder;
  };
}

describe("transactions that come at the same time", () => {
  test("share a commit, and each gets its own result", async () => {
    const release = await hold();
    const results = Array.from({ length: 50 }, (_, index) =>
      database.transaction(async (trx) => {
        await insert(`n${index}`)(trx);
        return index;
      }),
    );
    await release();
    expect(await Promise.all(results)).toEqual(Array.from({ length: 50 }, (_, index) => index));
    expect(await names()).toHaveLength(50);
    expect(commits).toBe(2);
  });

  test("are told nothing before the commit, neither success nor failure", async () => {
    if (place.location.kind !== "sqlite") throw new Error("a file is needed");
    const reader = new DatabaseSync(place.location.file, { readOnly: true });
    const stored = () => Number(reader.prepare("SELECT count(*) AS count FROM entry").get()?.count);
    const release = await hold();
    const seen = ["a", "b", "a", "c"].map((name) => database.transaction(insert(name)).then(stored, stored));
    await release();
    expect(await Promise.all(seen)).toEqual([3, 3, 3, 3]);
    reader.close();
  });

  test("fail alone: one that throws takes none of its neighbours along", async () => {
    const release = await hold();
    const outcomes = ["a", "b", "c"].map((name) =>
      database.transaction(async (trx) => {
        await insert(name)(trx);
        await trx.transaction((inner) => insert(`${name}2`)(inner));
        await trx.transaction((inner) => insert(`${name}2`)(inner)).catch(() => {});
        if (name === "b") throw new Error("no");
      }),
    );
    await release();
    expect((await Promise.allSettled(outcomes)).map(({ status }) => status)).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
    expect(await names()).toEqual(["a", "a2", "c", "c2"]);
  });

  test("fail together when the commit does, and the next succeed", async () => {
    const release = await hold();
    const outcomes = [
      database.transaction(insert("a")),
      database.transaction((trx) => trx("child").insert({ name: "nobody" })),
    ];
    await release();
    for (const outcome of await Promise.allSettled(outcomes)) {
      expect(String((outcome as PromiseRejectedResult).reason)).toMatch(/FOREIGN KEY/);
    }
    await database.transaction(insert("b"));
    expect(await names()).toEqual(["b"]);
  });

  test("all fail when the database cannot begin one, and none waits for ever", async () => {
    const closed = await place.open(entry);
    await closed.close();
    const outcomes = ["a", "b", "c"].map((name) => closed.transaction(insert(name)));
    const rejected = outcomes.map((outcome) => outcome.then(() => "stored", String));
    for (const reason of await Promise.all(rejected)) expect(reason).toMatch(/acquire a connection/);
  });
});

test("a work that hangs is rolled back alone, and can write nothing later", async () => {
  const groups = new GroupCommit(database.knex, { workTimeoutMs: 300 });
  const late = Promise.withResolvers<unknown>();
  const hung = async (trx: Knex.Transaction) => {
    await insert("hung")(trx);
    await delay(600);
    await insert("late")(trx).then(late.resolve, late.reject);
  };
  const outcomes = [groups.run(insert("a")), groups.run(insert("b")), groups.run(hung), groups.run(insert("c"))];
  expect((await Promise.allSettled(outcomes)).map(({ status }) => status)).toEqual([
    "fulfilled",
    "fulfilled",
    "rejected",
    "fulfilled",
  ]);
  await expect(late.promise).rejects.toThrow(/complete/);
  expect(await names()).toEqual(["a", "b", "c"]);
});

test("a group takes no more works than one commit may acknowledge", async () => {
  const groups = new GroupCommit(database.knex, { maxGroup: 4 });
  await Promise.all(Array.from({ length: 9 }, (_, index) => groups.run(insert(`n${index}`))));
  // The first came alone.
  expect(commits).toBe(3);
});

test("past the bound of those that wait, the next is refused with a hint when to come again", async () => {
  const groups = new GroupCommit(database.knex, { maxWaiting: 2 });
  const release = await hold((work) => groups.run(work));
  const waiting = [groups.run(insert("a")), groups.run(insert("b"))];
  const refused = await groups.run(insert("c")).catch((error: unknown) => error);
  expect(reasonOf(refused)).toBe("DATABASE_BUSY");
  expect((refused as ConnectError).code).toBe(Code.ResourceExhausted);
  expect((refused as ConnectError).findDetails(RetryInfoSchema)[0]?.retryDelay?.seconds).toBe(1n);
  await release();
  await Promise.all(waiting);
  expect(await names()).toEqual(["a", "b"]);
});

test("writers who keep at it leave a turn to timers", async () => {
  let fired = false;
  setTimeout(() => {
    fired = true;
  }, 1);
  let writes = 0;
  const write = async () => {
    while (!fired && writes < 5_000) await database.transaction(insert(`n${writes++}`));
  };
  await Promise.all(Array.from({ length: 4 }, write));
  expect(fired).toBe(true);
  expect(writes).toBeLessThan(5_000);
});
