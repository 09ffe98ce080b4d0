// What the queue goes by.
import type { Migration } from "../../../runtime/database/database.ts";

/** `due_at` of a ticket that is not due: after every other, in both databases, and no NULL, which has no place in an order. */
export const NEVER = 253_402_300_800_000;

/**
 * Columns that the queue is filtered by; each has an index in the order of the queue. The one that leaves least comes last:
 * of two that fit a question, SQLite takes the newer.
 */
const FILTERS = ["waiting_on", "status", "priority", "category", "team", "assignee", "customer_id"] as const;

/**
 * The new columns have values that need no look at the rows: old tickets get their due times afterwards, while the desk
 * runs (`applyPolicy`).
 */
export const priorityMigration: Migration = {
  name: "priority",
  needsQuiet: true,
  async up(trx) {
    await trx.schema.alterTable("ticket", (table) => {
      // Medium, until the words have been read.
      table.integer("urgency").notNullable().defaultTo(2);
      table.double("sentiment_score");
      table.text("plan").notNullable().defaultTo("");
      table.integer("unanswered_follow_ups").notNullable().defaultTo(0);
      table.bigInteger("due_at").notNullable().defaultTo(NEVER);
      table.index(["due_at", "id"]);
      for (const column of FILTERS) table.index([column, "due_at", "id"]);
    });
    // Tickets whose latest words nobody could read at once.
    await trx.schema.createTable("unread_ticket", (table) => {
      table.bigInteger("ticket_id").primary().references("ticket.id").onDelete("CASCADE");
    });
    // The policy that the stored due times come from, and the ticket from which on they still come from an older one.
    await trx.schema.createTable("applied_policy", (table) => {
      table.text("fingerprint").notNullable();
      table.bigInteger("next_id");
    });
    await trx("applied_policy").insert({ fingerprint: "", next_id: 0 });
  },
};
