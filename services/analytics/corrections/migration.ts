// The tables of corrections.
import { createCounters } from "../../../runtime/database/counter.ts";
import type { Migration } from "../../../runtime/database/database.ts";

/** Makes the table of corrections, and the counters of their numbers and of their changes. */
export const correctionsMigration: Migration = {
  name: "corrections",
  async up(trx) {
    await createCounters(trx, { correction: 1000, correction_changes: 0 });
    await trx.schema.createTable("correction", (table) => {
      table.bigIncrements("id");
      table.text("text").notNullable();
      table.integer("sentiment").notNullable();
      table.integer("category").notNullable();
      table.text("ticket_id").notNullable();
      table.text("customer_id").notNullable();
      table.text("author").notNullable();
      table.bigInteger("create_time").notNullable();
      table.bigInteger("undo_time");
      table.text("undone_by");
      table.index(["ticket_id", "id"]);
      table.index(["customer_id", "id"]);
    });
  },
};
