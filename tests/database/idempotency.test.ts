import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { eraseAnswers, pruneRequests, replay, requestLogMigration } from "../../runtime/calls/idempotency.ts";
import type { Database } from "../../runtime/database/database.ts";
import { reasonOf } from "../../runtime/errors.ts";
import { DIALECTS, type TemporaryDatabase, temporaryDatabase } from "../support/databases.ts";
import { CreateThingRequestSchema, createThing } from "./sample-contract.ts";

const HOUR = 3_600_000;

describe.each(DIALECTS)("replay on %s", (dialect) => {
  let place: TemporaryDatabase;
  let database: Database;
  let executions = 0;

  beforeAll(async () => {
    place = await temporaryDatabase(dialect);
    const migrations = [
      requestLogMigration,
      {
        name: "thing",
        async up(trx: Parameters<typeof requestLogMigration.up>[0]) {
          await trx.schema.createTable("thing", (table) => {
            table.increments("serial");
            table.text("name");
          });
        },
      },
    ];
    database = await place.open(...migrations);
  });
  afterAll(async () => {
    await database?.close();
    await place?.remove();
  });
  beforeEach(async () => {
    executions = 0;
    await database.knex("request").delete();
    await database.knex("thing").delete();
  });

  interface Call {
    name?: string;
    labels?: Record<string, string>;
    requestId?: string;
    principal?: string;
    now?: number;
    fails?: boolean;
  }
  function call({ name = "a", labels = {}, requestId = "r-1", principal = "ann", now = 0, fails = false }: Call = {}) {
    const request = create(CreateThingRequestSchema, { name, labels, requestId });
    return database.transaction((trx) =>
      replay(trx, { principal, method: createThing, request, requestId, now }, async () => {
        executions++;
        const [{ serial }] = await trx("thing").insert({ name }).returning("serial");
        if (fails) throw new Error("no");
        return { name, serial };
      }),
    );
  }
  const names = () => database.knex("thing").orderBy("serial").pluck("name");

  test("gives the first answer again, and does the work once", async () => {
    const first = await call();
    const second = await call();
    expect(first.replayed).toBe(false);
    expect(second.replayed).toBe(true);
    expect(second.response).toEqual(first.response);
    expect(await names()).toEqual(["a"]);
  });

  test("counts an id that nobody chose for ten minutes, and one that somebody chose for longer", async () => {
    const minutes = (count: number) => ({ now: count * 60_000 });
    for (const requestId of ["auto-x", "chosen"]) await call({ requestId, ...minutes(0) });
    const replayed = async (requestId: string, count: number) =>
      (await call({ requestId, ...minutes(count) })).replayed;
    expect([await replayed("auto-x", 10), await replayed("auto-x", 11), await replayed("auto-x", 12)]).toEqual([
      true,
      false,
      true,
    ]);
    expect(await replayed("chosen", 12)).toBe(true);
    expect(executions).toBe(3);
  });

  test("runs every call that carries no request id", async () => {
    await call({ requestId: "" });
    const second = await call({ requestId: "" });
    expect(second.replayed).toBe(false);
    expect(await names()).toEqual(["a", "a"]);
  });

  test("refuses the id for another request, and writes nothing", async () => {
    await call();
    const error = await call({ name: "b" }).catch((caught: unknown) => caught);
    expect(reasonOf(error)).toBe("REQUEST_ID_REUSED");
    expect(await names()).toEqual(["a"]);
  });

  test("takes the entries of a map in any order for the same request", async () => {
    await call({ labels: { x: "1", y: "2" } });
    expect((await call({ labels: { y: "2", x: "1" } })).replayed).toBe(true);
  });

  test("keeps the ids of different principals apart", async () => {
    await call();
    expect((await call({ principal: "bob", name: "b" })).replayed).toBe(false);
  });

  test("leaves the id free after a failure", async () => {
    await expect(call({ fails: true })).rejects.toThrow("no");
    expect((await call()).replayed).toBe(false);
    expect(await names()).toEqual(["a"]);
  });

  test("does the work once for calls at the same moment", async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => call()));
    expect(executions).toBe(1);
    expect(await names()).toEqual(["a"]);
    expect(new Set(answers.map(({ response }) => response.serial)).size).toBe(1);
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
  });

  test("lets a call that waits for another take over when that one fails", async () => {
    let second: Promise<{ replayed: boolean }> | undefined;
    const request = create(CreateThingRequestSchema, { name: "a", requestId: "r-1" });
    const first = database.transaction((trx) =>
      replay(trx, { principal: "ann", method: createThing, request, requestId: "r-1", now: 0 }, async () => {
        second = call();
        throw new Error("no");
      }),
    );
    await expect(first).rejects.toThrow("no");
    expect((await second)?.replayed).toBe(false);
    expect(await names()).toEqual(["a"]);
  });

  test("forgets an answer after 24 hours and not before", async () => {
    await call({ now: 0 });
    expect(await pruneRequests(database, 24 * HOUR)).toBe(0);
    expect((await call()).replayed).toBe(true);
    expect(await pruneRequests(database, 24 * HOUR + 1)).toBe(1);
    expect((await call()).replayed).toBe(false);
  });

  test("erases the answers that name an identifier, not those that name a longer one", async () => {
    await call({ name: "of CUS-1001.", requestId: "theirs" });
    await call({ name: "of CUS-10010.", requestId: "another's" });
    expect(await database.transaction((trx) => eraseAnswers(trx, dialect, "CUS-1001"))).toBe(1);
    const refused = call({ name: "of CUS-1001.", requestId: "theirs" }).catch(reasonOf);
    expect(await refused).toBe("ANSWER_ERASED");
    expect((await call({ name: "of CUS-10010.", requestId: "another's" })).replayed).toBe(true);
    expect(executions).toBe(2);
  });
});
