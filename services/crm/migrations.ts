// The CRM's schema, step by step.
import { requestLogMigration } from "../../runtime/calls/idempotency.ts";
import { createCounters } from "../../runtime/database/counter.ts";
import type { Migration } from "../../runtime/database/database.ts";
import { createSearch, remakeSearch } from "../../runtime/database/search.ts";
import { erasureMigration } from "./erasure.ts";

const SEARCHED = { table: "customer", columns: ["name", "company", "emails", "phone"] };

const customers: Migration = {
  name: "customers",
  async up(trx, dialect) {
    await createCounters(trx, { customer: 1000, note: 1000 });
    await trx.schema.createTable("customer", (table) => {
      table.bigIncrements("id");
      table.text("name").notNullable();
      table.text("emails").notNullable();
      table.text("phone").notNullable();
      table.text("company").notNullable();
      table.text("plan").notNullable();
      table.text("locale").notNullable();
      table.text("time_zone").notNullable();
      table.text("tags").notNullable();
      table.text("attributes").notNullable();
      table.text("external_id").unique();
      table.integer("version").notNullable();
      table.bigInteger("create_time").notNullable();
      table.bigInteger("update_time").notNullable();
      table.index(["plan", "id"]);
      table.index(["company", "id"]);
    });
    await createSearch(trx, dialect, SEARCHED);
    await trx.schema.createTable("customer_email", (table) => {
      table.text("email").primary();
      table.bigInteger("customer_id").notNullable().references("customer.id").index();
    });
    await trx.schema.createTable("customer_tag", (table) => {
      table.bigInteger("customer_id").notNullable().references("customer.id");
      table.text("tag").notNullable();
      table.primary(["tag", "customer_id"]);
      table.index("customer_id");
    });
  },
};

const notes: Migration = {
  name: "notes",
  async up(trx) {
    await trx.schema.createTable("note", (table) => {
      table.bigIncrements("id");
      table.bigInteger("customer_id").notNullable().references("customer.id");
      table.integer("author_kind").notNullable();
      table.text("author_id").notNullable();
      table.text("author_name").notNullable();
      table.text("body").notNullable();
      table.text("ticket_id").notNullable();
      // Position in the ticket service's log of the event that asked for the note; one event makes one note.
      table.bigInteger("ticket_event").unique();
      table.bigInteger("create_time").notNullable();
      table.index(["customer_id", "id"]);
    });
    await trx.schema.createTable("cursor", (table) => {
      table.text("name").primary();
      table.bigInteger("position").notNullable();
    });
    await trx("cursor").insert({ name: "ticket_notes", position: 0 });
  },
};

const searchByBeginnings: Migration = {
  name: "search-by-beginnings",
  up: (trx, dialect) => remakeSearch(trx, dialect, SEARCHED),
};

/** All steps, in their order. */
export const migrations: readonly Migration[] = [
  requestLogMigration,
  customers,
  notes,
  erasureMigration,
  searchByBeginnings,
];
