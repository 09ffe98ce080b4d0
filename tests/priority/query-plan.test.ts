// A page of the queue costs the same however many tickets there are: the rows come out of an index in their order, unsorted.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TicketOrder, TicketPriority, TicketStatus, WaitingOn } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { ListTicketsRequestSchema } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import type { Database } from "../../runtime/database/database.ts";
import { orderColumns, ticketsMatching } from "../../services/ticket/list.ts";
import { migrations } from "../../services/ticket/migrations.ts";
import { DIALECTS, type TemporaryDatabase, temporaryDatabase } from "../support/databases.ts";

type Filter = MessageInitShape<typeof ListTicketsRequestSchema>;

const FILTERS: readonly (readonly [name: string, filter: Filter, column: string])[] = [
  ["no filter", {}, "due_at"],
  ["what waits on the desk", { waitingOn: WaitingOn.DESK }, "waiting_on"],
  ["what waits on the customer", { waitingOn: WaitingOn.CUSTOMER }, "waiting_on"],
  ["a status", { statuses: [TicketStatus.OPEN] }, "status"],
  ["a priority", { priorities: [TicketPriority.URGENT] }, "priority"],
  ["a category", { categories: ["billing"] }, "category"],
  ["an assignee", { assignee: "sam" }, "assignee"],
  ["nobody assigned", { unassigned: true }, "assignee"],
  ["a team", { team: "logistics" }, "team"],
  ["a customer", { customerId: "CUS-1001" }, "customer_id"],
  ["overdue", { overdue: true }, "due_at"],
  ["due before a time", { dueBefore: timestampFromMs(1) }, "due_at"],
  [
    "a customer's that wait on the desk",
    { customerId: "CUS-1001", waitingOn: WaitingOn.DESK },
    "customer_id|waiting_on",
  ],
  ["a team's that wait on the desk", { team: "logistics", waitingOn: WaitingOn.DESK }, "team|waiting_on"],
];

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

  async function plan(filter: Filter, next: boolean): Promise<string> {
    const order = orderColumns(TicketOrder.DUE_SOONEST);
    const query = ticketsMatching(database, create(ListTicketsRequestSchema, filter), Date.now());
    query.orderBy(order.map(({ column, direction }) => ({ column, order: direction }))).limit(51);
    if (next) query.whereRaw("(??, ??) > (?, ?)", [...order.map(({ column }) => column), 1, 1]);
    const { sql, bindings } = query.toSQL().toNative();
    if (dialect === "sqlite") {
      const steps: { detail: string }[] = await database.knex.raw(`EXPLAIN QUERY PLAN ${sql}`, bindings as never);
      return steps.map(({ detail }) => detail).join("\n");
    }
    return await database.transaction(async (trx) => {
      // In an empty table a sort costs nothing; what is asked is whether it can be had without.
      for (const way of ["enable_seqscan", "enable_bitmapscan", "enable_sort"]) await trx.raw(`SET LOCAL ${way} = off`);
      const { rows } = await trx.raw(`EXPLAIN ${query.toString()}`);
      return (rows as Record<string, string>[]).map((row) => row["QUERY PLAN"]).join("\n");
    });
  }

  test.each(FILTERS)("%s", async (_, filter, column) => {
    for (const next of [false, true]) {
      const text = await plan(filter, next);
      expect(text).toMatch(new RegExp(`ticket_(${column}|due_at)_(due_at_)?id_index`));
      expect(text).not.toMatch(/TEMP B-TREE|Sort/);
    }
  });
});
