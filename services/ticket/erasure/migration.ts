// Which customers were erased.
import type { Migration } from "../../../runtime/database/database.ts";
import { dropWordsForGood } from "../../../runtime/database/search.ts";

/** Follows the tables of tickets and messages. */
export const erasureMigration: Migration = {
  name: "erasure",
  async up(trx, dialect) {
    await trx.schema.createTable("erased_customer", (table) => {
      table.text("customer_id").primary();
      table.bigInteger("erase_time").notNullable();
    });
    for (const table of ["ticket", "message"]) await dropWordsForGood(trx, dialect, { table });
  },
};
