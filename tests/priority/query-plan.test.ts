// A page costs the same however many tickets there are: the rows of each lane come out of an index in their order, unsorted.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { combinations } from "../../bench/scale/combinations.ts";
import type { Database } from "../../runtime/database/database.ts";
import { orderColumns } from "../../services/ticket/list/orders.ts";
import { pageStatement } from "../../services/ticket/list/page.ts";
import { migrations } from "../../services/ticket/migrations.ts";
import { DIALECTS, type TemporaryDatabase, temporaryDatabase } from "../support/databases.ts";

/** A node of PostgreSQL's plan. */
interface Plan {
  readonly "Node Type": string;
  readonly "Index Name"?: string;
  readonly Plans?: readonly Plan[];
}

const nodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

describe.each(DIALECTS)("%s", (dialect) => {
  let place: TemporaryDatabase;
  let database: Database;
  beforeAll(async () => {
    place = await temporaryDatabase(dialect);
    database = await place.open(...migrations);
  });
  afterAll(async () => {
    await database.close();
    await place.remove();
  });

  /** What is sorted within a lane, or read without one of the indexes of the lists. */
  async function work({ sql, bindings }: { readonly sql: string; readonly bindings: readonly unknown[] }) {
    if (dialect === "sqlite") {
      const steps: { detail: string }[] = await database.knex.raw(`EXPLAIN QUERY PLAN ${sql}`, bindings as never);
      const details = steps.map(({ detail }) => detail);
      const reads = details.filter((detail) => /^(SEARCH|SCAN)/.test(detail) && !/SCAN page|PRIMARY KEY/.test(detail));
      return [
        ...details.filter((detail) => detail.includes("TEMP B-TREE")),
        ...reads.filter((detail) => !/_lane_/.test(detail)),
      ];
    }
    return await database.transaction(async (trx) => {
      // In an empty table a sort costs nothing; what is asked is whether it can be had without.
      for (const way of ["enable_seqscan", "enable_bitmapscan", "enable_sort", "enable_hashjoin", "enable_mergejoin"])
        await trx.raw(`SET LOCAL ${way} = off`);
      const { rows } = await trx.raw(`EXPLAIN (FORMAT JSON) ${sql}`, bindings as never);
      const all = nodes(rows[0]["QUERY PLAN"][0].Plan);
      // What the lanes give is merged by a sort of a page of each.
      const inLane = (plan: Plan) => !nodes(plan).some((node) => /Nested Loop|Limit/.test(node["Node Type"]));
      const sorts = all.filter((node) => /Sort/.test(node["Node Type"]) && inLane(node));
      const scans = all.filter((node) => /Scan/.test(node["Node Type"]) && node["Index Name"] !== undefined);
      const others = scans.filter((node) => !/_lane_|pkey/.test(node["Index Name"] ?? ""));
      return [...sorts, ...others].map((node) => `${node["Node Type"]} ${node["Index Name"] ?? ""}`);
    });
  }

  test("every declared combination of filters and order, the first page and the next", async () => {
    // PostgreSQL takes its time to plan each; every eleventh has every filter, and other orders each time.
    const asked = combinations().filter((_, index) => dialect === "sqlite" || index % 11 === 0);
    const found: string[] = [];
    for (const { filter, order: name, request } of asked) {
      const order = orderColumns(request.order);
      for (const after of [undefined, order.map(() => 2)]) {
        const statement = pageStatement(database, { request, now: 1, order, limit: 51, after });
        for (const step of statement ? await work(statement) : []) found.push(`${filter}, ${name}: ${step}`);
      }
    }
    expect(found).toEqual([]);
  });
});
