import { Code, type ConnectError, createClient } from "@connectrpc/connect";
import createKnex from "knex";
import { expect, test } from "vitest";
import { AnalyticsService } from "#gen/deskwire/analytics/v1/analytics_service_pb.js";
import { RetryInfoSchema } from "#gen/google/rpc/error_details_pb.js";
import { directTransport } from "../../runtime/calls/direct-transport.ts";
import { type BoundService, bindService } from "../../runtime/calls/service.ts";
import { openDatabase } from "../../runtime/database/database.ts";
import { passingFailure } from "../../runtime/database/errors.ts";
import { reasonOf } from "../../runtime/errors.ts";
import { analyticsModule } from "../../services/analytics/index.ts";
import { temporaryDatabase } from "../support/databases.ts";
import { postgresUrl } from "../support/postgres.ts";
import { freePort } from "../support/processes.ts";

const caught = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

test("a pool without a free connection, and a query that takes too long, are resource_exhausted with a hint", async () => {
  const knex = createKnex({
    client: "pg",
    connection: await postgresUrl(),
    pool: { min: 0, max: 1 },
  });
  const trx = await knex.transaction();
  // Not before: to connect may take longer.
  knex.client.pool.acquireTimeoutMillis = 50;
  const exhausted = passingFailure(await caught(knex.raw("SELECT 1")));
  await trx.raw("SET LOCAL statement_timeout = 20");
  const slow = passingFailure(await caught(trx.raw("SELECT pg_sleep(5)")));
  await trx.rollback();
  await knex.destroy();
  for (const error of [exhausted, slow]) {
    expect(error?.code).toBe(Code.ResourceExhausted);
    expect(reasonOf(error)).toBe("DATABASE_BUSY");
    expect(error?.findDetails(RetryInfoSchema)).toHaveLength(1);
  }
});

test("a disk without room is resource_exhausted, and what is stored can be read", async () => {
  const place = await temporaryDatabase("sqlite");
  const database = await place.open();
  await database.knex.raw("CREATE TABLE text (body TEXT)");
  // SQLite says the same of a disk that is full.
  await database.knex.raw("PRAGMA max_page_count = 20");
  const write = () => database.transaction((trx) => trx("text").insert({ body: "x".repeat(200_000) }));
  const error = passingFailure(await caught(write()));
  expect([error?.code, reasonOf(error)]).toEqual([Code.ResourceExhausted, "DISK_FULL"]);
  expect(await database.knex("text")).toEqual([]);
  await database.close();
  await place.remove();
});

test("a database that cannot be reached, or hangs up, is unavailable", async () => {
  const url = `postgres://nobody@127.0.0.1:${await freePort()}/none`;
  const location = { kind: "postgres", url, schema: "x" } as const;
  const refused = await caught(openDatabase({ name: "x", location, migrations: [], log: () => {} }));
  const place = await temporaryDatabase("postgres");
  const [database, admin] = await Promise.all([place.open(), place.open()]);
  const work = database.transaction(async (trx) => {
    const { rows } = await trx.raw("SELECT pg_backend_pid() AS pid");
    await admin.knex.raw("SELECT pg_terminate_backend(?)", [rows[0].pid]);
    await trx.raw("SELECT 1");
  });
  const lost = await caught(work);
  await Promise.all([database.close(), admin.close()]);
  await place.remove();
  expect(reasonOf(refused)).toBe("DATABASE_UNREACHABLE");
  expect(passingFailure(lost)?.code).toBe(Code.Unavailable);
  expect(reasonOf(passingFailure(lost))).toBe("DATABASE_UNAVAILABLE");
});

test("other failures are not taken for passing ones", async () => {
  const place = await temporaryDatabase("postgres");
  const database = await place.open();
  expect(passingFailure(await caught(database.knex.raw("SELECT nonsense")))).toBeUndefined();
  expect(passingFailure(new Error("no"))).toBeUndefined();
  await database.close();
  await place.remove();
});

test("past its bound of calls a service refuses the next at once, and takes calls again when one has ended", async () => {
  const analytics = await analyticsModule({ database: { kind: "sqlite", file: ":memory:" } });
  const [service] = analytics.services as [BoundService];
  const { promise, resolve } = Promise.withResolvers<void>();
  const held = {
    ...service.implementation,
    async analyze() {
      await promise;
      return {};
    },
  };
  const bound = bindService(AnalyticsService, held as never, () => {}, 2);
  const client = createClient(AnalyticsService, directTransport([bound]));
  const calls = [client.analyze({ text: "a" }), client.analyze({ text: "b" })];
  const refused = await caught(client.analyze({ text: "c" }));
  expect((refused as ConnectError).code).toBe(Code.ResourceExhausted);
  expect(reasonOf(refused)).toBe("SERVICE_BUSY");
  expect((refused as ConnectError).findDetails(RetryInfoSchema)).toHaveLength(1);
  resolve();
  await Promise.all(calls);
  await client.analyze({ text: "d" });
  await analytics.close();
});
