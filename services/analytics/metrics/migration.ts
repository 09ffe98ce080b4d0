// The tables of the metrics.
import type { Migration } from "../../../runtime/database/database.ts";

/** How far the log has been read, by which rules, and by whom. */
export const metricsMigration: Migration = {
  name: "metrics",
  async up(trx) {
    await trx.schema.createTable("metrics_cursor", (table) => {
      table.integer("id").primary();
      // Position in the ticket service's log of the last event that is counted, and when it happened.
      table.bigInteger("position").notNullable();
      table.bigInteger("event_time").notNullable();
      // Goes up with every rebuild; what was read of an earlier one is out of date.
      table.integer("generation").notNullable();
      // The rules by which everything so far was counted; empty before the first event.
      table.text("rules").notNullable();
      // 1 once the end of the log has been reached, else 0.
      table.integer("complete").notNullable();
      // The process that reads, and until when (milliseconds UTC) the others leave it alone.
      table.text("reader").notNullable();
      table.bigInteger("reader_until").notNullable();
    });
    const nothing = { position: 0, event_time: 0, generation: 1, rules: "", complete: 0 };
    await trx("metrics_cursor").insert({ id: 1, ...nothing, reader: "", reader_until: 0 });
    await trx.schema.createTable("metrics_ticket", (table) => {
      table.bigInteger("ticket_id").primary();
      table.integer("customer").notNullable();
      // TicketState in JSON.
      table.text("state").notNullable();
    });
    await trx.schema.createTable("metrics_segment", (table) => {
      table.integer("id").primary();
      table.text("team").notNullable();
      table.text("assignee").notNullable();
      table.integer("channel").notNullable();
      table.unique(["team", "assignee", "channel"]);
    });
    await trx.schema.createTable("metrics_customer", (table) => {
      table.integer("id").primary();
      // NULL: forgotten.
      table.text("customer_id").unique();
    });
    await trx.schema.createTable("metrics_engine", (table) => {
      table.integer("id").primary();
      table.text("name").notNullable().unique();
    });
    await trx.schema.createTable("metrics_chunk", (table) => {
      table.integer("id").primary();
      // The log's position when something was added last.
      table.bigInteger("version").notNullable().index();
      table.integer("fact_count").notNullable();
      // Seconds since 1970 of the earliest and of the latest fact.
      table.bigInteger("min_time").notNullable();
      table.bigInteger("max_time").notNullable();
      table.binary("balance").notNullable();
      table.binary("data").notNullable();
      table.binary("customers").notNullable();
    });
  },
};

/** Facts in the order in which they are counted quickest, small chunks merged into large ones. What there was is counted anew. */
export const metricsBlocksMigration: Migration = {
  name: "metrics_blocks",
  async up(trx) {
    await trx.schema.dropTable("metrics_chunk");
    await trx.schema.createTable("metrics_chunk", (table) => {
      table.integer("id").primary();
      // Of the small chunks that it was merged from, the number of the first; `id` is that of the last.
      table.integer("first_id").notNullable();
      // The log's position when something was added last.
      table.bigInteger("version").notNullable().index();
      // 0: more is added to it; 1: full; 2: merged from full ones.
      table.integer("level").notNullable().index();
      // Seconds since 1970 of the earliest and of the latest fact.
      table.bigInteger("min_time").notNullable();
      table.bigInteger("max_time").notNullable();
      table.binary("balance").notNullable();
      table.binary("data").notNullable();
      table.binary("times").notNullable();
      table.binary("owners").notNullable();
    });
  },
};
