// The ticket service's schema, step by step.
import { requestLogMigration } from "../../runtime/calls/idempotency.ts";
import { createCounters } from "../../runtime/database/counter.ts";
import type { Migration } from "../../runtime/database/database.ts";
import { createSearch, letIndexWait, remakeSearch } from "../../runtime/database/search.ts";
import { approvalsMigration } from "./approvals/migration.ts";
import { erasureMigration } from "./erasure/migration.ts";
import {
  emptyNotListedMigration,
  labelsByTicketMigration,
  listsMigration,
  unassignedLanesMigration,
  waitsByStatusMigration,
} from "./list/migration.ts";
import { aiTextMigration } from "./outgoing/provenance.ts";
import { priorityMigration } from "./priority/migration.ts";
import { followUpsMigration } from "./thread.ts";
import { webhooksMigration } from "./webhooks/migration.ts";

/** What of tickets is searched. */
export const SEARCHED_TICKETS = { table: "ticket", columns: ["subject", "description"] };
const SEARCHED = [SEARCHED_TICKETS, { table: "message", columns: ["body"] }];

const tickets: Migration = {
  name: "tickets",
  async up(trx, dialect) {
    await createCounters(trx, { ticket: 1000, message: 1000, event: 0 });
    await trx.schema.createTable("ticket", (table) => {
      table.bigIncrements("id");
      table.text("subject").notNullable();
      table.text("description").notNullable();
      table.text("customer_id").notNullable();
      table.integer("status").notNullable();
      table.integer("priority").notNullable();
      table.text("category").notNullable();
      table.integer("channel").notNullable();
      table.text("tags").notNullable();
      table.text("assignee").notNullable();
      table.text("team").notNullable();
      table.text("custom_fields").notNullable();
      table.integer("waiting_on").notNullable();
      table.text("external_id").unique();
      table.integer("version").notNullable();
      table.bigInteger("create_time").notNullable();
      table.bigInteger("update_time").notNullable();
      table.bigInteger("waiting_since").notNullable();
      table.bigInteger("first_response_time");
      table.bigInteger("resolve_time");
      table.bigInteger("close_time");
      table.integer("reopen_count").notNullable();
      table.integer("message_count").notNullable();
      table.bigInteger("merged_into").references("ticket.id");
      table.bigInteger("follow_up_of").references("ticket.id");
      table.index(["update_time", "id"]);
      table.index(["create_time", "id"]);
      table.index(["waiting_since", "id"]);
      table.index(["priority", "waiting_since", "id"]);
      table.index(["status", "update_time", "id"]);
      table.index(["customer_id", "update_time", "id"]);
      table.index(["assignee", "update_time", "id"]);
      table.index(["team", "update_time", "id"]);
      table.index(["category", "update_time", "id"]);
    });
    await createSearch(trx, dialect, SEARCHED_TICKETS);
    await trx.schema.createTable("ticket_tag", (table) => {
      table.bigInteger("ticket_id").notNullable().references("ticket.id");
      table.text("tag").notNullable();
      table.primary(["tag", "ticket_id"]);
      table.index("ticket_id");
    });
    await trx.schema.createTable("message", (table) => {
      table.bigIncrements("id");
      table.bigInteger("ticket_id").notNullable().references("ticket.id");
      table.integer("author_kind").notNullable();
      table.text("author_id").notNullable();
      table.text("author_name").notNullable();
      table.integer("visibility").notNullable();
      table.text("body").notNullable();
      table.bigInteger("create_time").notNullable();
      table.bigInteger("merged_from").references("ticket.id");
      table.index(["ticket_id", "create_time", "id"]);
    });
    await createSearch(trx, dialect, { table: "message", columns: ["body"] });
  },
};

const searchByBeginnings: Migration = {
  name: "search-by-beginnings",
  async up(trx, dialect) {
    for (const searched of SEARCHED) await remakeSearch(trx, dialect, searched);
  },
};

const importedTogether: Migration = {
  name: "imported-together",
  up: (trx, dialect) => letIndexWait(trx, dialect, SEARCHED_TICKETS),
};

const events: Migration = {
  name: "events",
  async up(trx) {
    await trx.schema.createTable("event", (table) => {
      table.bigInteger("position").primary();
      table.bigInteger("ticket_id").notNullable().references("ticket.id");
      table.integer("type").notNullable();
      table.bigInteger("create_time").notNullable();
      // The TicketEvent in ProtoJSON: the log outlives every change of the other tables.
      table.text("event").notNullable();
      table.index(["ticket_id", "position"]);
      table.index(["type", "position"]);
    });
  },
};

/** All steps, in their order. */
export const migrations: readonly Migration[] = [
  requestLogMigration,
  tickets,
  events,
  webhooksMigration,
  approvalsMigration,
  aiTextMigration,
  priorityMigration,
  erasureMigration,
  listsMigration,
  emptyNotListedMigration,
  searchByBeginnings,
  unassignedLanesMigration,
  labelsByTicketMigration,
  waitsByStatusMigration,
  followUpsMigration,
  importedTogether,
];
