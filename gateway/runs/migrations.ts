// The gateway's schema, step by step.
import type { Migration } from "../../runtime/database/database.ts";

const runs: Migration = {
  name: "runs",
  async up(trx) {
    await trx.schema.createTable("run", (table) => {
      table.text("id").primary();
      table.text("principal").notNullable();
      table.text("identity").notNullable();
      table.text("request_hash").notNullable();
      table.text("status").notNullable();
      table.text("run").notNullable();
      table.text("answer");
      table.boolean("delivered").notNullable();
      table.text("worker").notNullable();
      table.bigInteger("lease_until").notNullable();
      table.bigInteger("update_time").notNullable().index();
      table.unique(["principal", "identity"]);
    });
    await trx.schema.createTable("run_approval", (table) => {
      table.text("approval_id").primary();
      table.text("run_id").notNullable().references("run.id").onDelete("CASCADE").index();
    });
  },
};

const erasure: Migration = {
  name: "erasure",
  async up(trx) {
    await trx.schema.createTable("cursor", (table) => {
      table.text("name").primary();
      table.bigInteger("position").notNullable();
    });
    // Position in the ticket service's log up to which the runs of erased customers are forgotten.
    await trx("cursor").insert({ name: "erased_runs", position: 0 });
  },
};

/** All steps, in order. */
export const migrations: readonly Migration[] = [runs, erasure];
