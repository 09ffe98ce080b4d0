// An import stores many rows a transaction, but lets others in who wait for theirs.
import { create } from "@bufbuild/protobuf";
import { expect, test, vi } from "vitest";
import { ImportRowSchema } from "#gen/deskwire/ticket/v1/import_pb.js";
import { OWN_ORIGIN } from "../../runtime/calls/call.ts";
import { readPolicy } from "../../runtime/policy/read-policy.ts";
import { prepared } from "../../services/ticket/import/prepare.ts";
import { Ahead } from "../../services/ticket/import/read-ahead.ts";
import { storePieces } from "../../services/ticket/import/store.ts";
import { migrations } from "../../services/ticket/migrations.ts";
import { temporaryDatabase } from "../support/databases.ts";

const ROWS = Array.from({ length: 600 }, (_, index) => ({
  row: create(ImportRowSchema, { description: `complaint ${index}` }),
  line: BigInt(index),
  key: `key-${index}`,
}));
const KEYS = ROWS.map(({ key }) => key);
const PIECE = 100;

test("others get their turn in the middle of an import, and those who came first are first in it", async () => {
  const place = await temporaryDatabase("sqlite");
  const database = await place.open(...migrations);
  const options = { database, policy: readPolicy(), now: Date.now, origin: OWN_ORIGIN };
  const resolve = async (senders: readonly unknown[]) => senders.map(() => ({ id: "CUS-1001", plan: "" }));
  /** Stores rows, many at a time; their tickets by their keys. */
  async function store(rows: typeof ROWS): Promise<Map<string, string>> {
    async function* pieces() {
      for (let from = 0; from < rows.length; from += PIECE) yield rows.slice(from, from + PIECE);
    }
    const stored = new Map<string, string>();
    for await (const { added } of storePieces(options, new Ahead(prepared(database, pieces(), resolve), 2)))
      for (const [key, id] of added) stored.set(key, id);
    return stored;
  }
  const seen: number[] = [];
  const count = async () => Number((await database.knex("ticket").count({ count: "*" }))[0]?.count);
  /** Writes whenever it may, and looks how far the import has come. */
  async function others(): Promise<void> {
    while ((seen.at(-1) ?? 0) < ROWS.length) {
      await database.transaction(async (trx) => void (await trx("counter").where({ name: "message" }).first()));
      seen.push(await count());
    }
  }
  const [added] = await Promise.all([store(ROWS), others()]);
  expect([...added.keys()]).toEqual(KEYS);
  expect([...added.values()]).toEqual(KEYS.map((_, index) => `TKT-${1001 + index}`));
  expect(new Set(seen).size).toBeGreaterThan(3);
  // Alone, it has as many transactions as it needs, which is one.
  const transactions = vi.spyOn(database, "largeTransaction");
  const more = ROWS.map((row) => ({ ...row, key: `more-${row.key}` }));
  await store([...ROWS.slice(0, 10), ...more]);
  expect(transactions.mock.calls.length).toBeLessThan(3);
  expect(await count()).toBe(2 * ROWS.length);
  await database.close();
  await place.remove();
});
