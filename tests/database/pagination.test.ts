import { create } from "@bufbuild/protobuf";
import type { Knex } from "knex";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../../runtime/database/database.ts";
import type { OrderColumn } from "../../runtime/database/keyset.ts";
import { reasonOf } from "../../runtime/errors.ts";
import { countedPage, listPage } from "../../runtime/messages/pagination.ts";
import { DIALECTS, type TemporaryDatabase, temporaryDatabase } from "../support/databases.ts";
import { ListThingsRequestSchema } from "./sample-contract.ts";

interface Thing {
  readonly id: number;
  readonly rank: number;
  readonly name: string;
}

const BY_ID: OrderColumn[] = [{ column: "id", direction: "asc" }];
const ORDERS: Record<string, OrderColumn[]> = {
  "one column": BY_ID,
  "the same direction": [
    { column: "rank", direction: "desc" },
    { column: "thing.id", direction: "desc" },
  ],
  "mixed directions": [
    { column: "rank", direction: "desc" },
    { column: "name", direction: "asc" },
    { column: "id", direction: "desc" },
  ],
};

describe.each(DIALECTS)("pages on %s", (dialect) => {
  let place: TemporaryDatabase;
  let database: Database;

  beforeAll(async () => {
    place = await temporaryDatabase(dialect);
    const migration = {
      name: "thing",
      async up(trx: Parameters<Parameters<Database["transaction"]>[0]>[0]) {
        await trx.schema.createTable("thing", (table) => {
          table.bigIncrements("id");
          table.integer("rank").notNullable();
          table.text("name").notNullable();
        });
      },
    };
    database = await place.open(migration);
  });
  afterAll(async () => {
    await database?.close();
    await place?.remove();
  });
  beforeEach(async () => {
    await database.knex("thing").delete();
    const rows = Array.from({ length: 60 }, (_, index) => ({
      id: index + 1,
      rank: (index * 7) % 5,
      name: `n${(index * 3) % 4}`,
    }));
    await database.knex("thing").insert(rows);
  });

  const things = () => database.knex("thing").select("thing.*");
  const page = (pageToken = "", { filter = "", pageSize = 7, order = BY_ID } = {}) =>
    listPage<Thing>(things(), {
      schema: ListThingsRequestSchema,
      request: create(ListThingsRequestSchema, { filter, pageSize, pageToken }),
      order,
    });

  async function walk(order: OrderColumn[], between: (seen: number) => Promise<unknown> = async () => {}) {
    const seen: Thing[] = [];
    let token = "";
    do {
      const { rows, nextPageToken } = await page(token, { order });
      seen.push(...rows);
      token = nextPageToken;
      await between(seen.length);
    } while (token !== "");
    return seen;
  }

  test.each(Object.keys(ORDERS))("reach every row once, ordered by %s", async (name) => {
    const order = ORDERS[name] as OrderColumn[];
    const whole: Thing[] = await things().orderBy(order.map(({ column, direction }) => ({ column, order: direction })));
    expect((await walk(order)).map(({ id }) => id)).toEqual(whole.map(({ id }) => id));
  });

  test.each(Object.keys(ORDERS))(
    "neither repeat nor lose rows while others come and go, ordered by %s",
    async (name) => {
      let next = 1000;
      const seen = await walk(ORDERS[name] as OrderColumn[], async (count) => {
        if (next > 1010) return;
        await database.knex("thing").insert({ id: next++, rank: next % 5, name: `n${next % 4}` });
        if (count === 7) await database.knex("thing").where({ id: 1 }).delete();
      });
      const ids = seen.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      const stayed = Array.from({ length: 59 }, (_, index) => index + 2);
      expect(stayed.filter((id) => !ids.includes(id))).toEqual([]);
    },
  );

  test("have the size that was asked for, 50 by default, 100 at most", async () => {
    await database.knex("thing").insert(Array.from({ length: 90 }, (_, i) => ({ id: 500 + i, rank: 1, name: "x" })));
    expect((await page("", { pageSize: 0 })).rows).toHaveLength(50);
    expect((await page("", { pageSize: 1000 })).rows).toHaveLength(100);
    expect((await page("", { pageSize: 3 })).rows).toHaveLength(3);
  });

  test("end without a token, also when the last page is full", async () => {
    const { nextPageToken } = await page("", { pageSize: 30 });
    const last = await page(nextPageToken, { pageSize: 30 });
    expect(last.rows).toHaveLength(30);
    expect(last.nextPageToken).toBe("");
  });

  test("may change their size on the way", async () => {
    const { nextPageToken } = await page("", { pageSize: 2 });
    expect((await page(nextPageToken, { pageSize: 3 })).rows.map(({ id }) => id)).toEqual([3, 4, 5]);
  });

  test("refuse a token of another filter or order, and a mangled one", async () => {
    const { nextPageToken } = await page();
    const flipped = `${nextPageToken.slice(0, -3)}${nextPageToken.at(-3) === "A" ? "B" : "A"}${nextPageToken.slice(-2)}`;
    const wrong: [string, object][] = [
      [nextPageToken, { filter: "changed" }],
      [nextPageToken, { order: ORDERS["mixed directions"] }],
      [nextPageToken, { order: [{ column: "id", direction: "desc" }] }],
      [flipped, {}],
      [nextPageToken.slice(0, -5), {}],
      ["nonsense", {}],
      [Buffer.from("[]").toString("base64url"), {}],
      [Buffer.from("null").toString("base64url"), {}],
      [Buffer.from('["x",{"a":1}]').toString("base64url"), {}],
    ];
    for (const [token, options] of wrong) {
      const error = await page(token, options).catch((caught: unknown) => caught);
      expect(reasonOf(error), `${token} ${JSON.stringify(options)}`).toBe("PAGE_TOKEN_INVALID");
    }
  });

  test("are refused for rows that lack a column of the order", async () => {
    const incomplete = listPage(database.knex("thing").select("name"), {
      schema: ListThingsRequestSchema,
      request: create(ListThingsRequestSchema, { pageSize: 2 }),
      order: BY_ID,
    });
    await expect(incomplete).rejects.toThrow(/id must be selected/);
  });

  test("are counted exactly up to 1,000, within a transaction as well", async () => {
    const size = async (query: Knex.QueryBuilder) => {
      const request = create(ListThingsRequestSchema, { pageSize: 2 });
      return (await countedPage<Thing>(query, { schema: ListThingsRequestSchema, request, order: BY_ID })).totalSize;
    };
    expect(await size(things())).toBe(60);
    expect(await size(things().where({ id: -1 }))).toBe(0);
    await database.transaction(async (trx) => {
      const more = (count: number) =>
        trx.batchInsert(
          "thing",
          Array.from({ length: count }, (_, index) => ({ id: 100 + index, rank: 0, name: "n" })),
          200,
        );
      await more(940);
      expect(await size(trx("thing").select())).toBe(1_000);
      await trx("thing").where("id", ">=", 100).delete();
      await more(950);
      expect(await size(trx("thing").select())).toBe(1_001);
    });
  });
});
