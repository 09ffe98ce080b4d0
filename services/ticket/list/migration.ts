// Indexes for every list: whose tickets, then lane, then order.
import type { Migration } from "../../../runtime/database/database.ts";
import { LANE } from "./lanes.ts";

/** Whose tickets; the one that leaves least comes last: of two that fit a question, SQLite takes the newer. */
const WHOSE = ["category", "team", "assignee", "customer_id"] as const;
/** Orders; by priority is by lane and `waiting_since`. */
const ORDERED_BY = ["update_time", "create_time", "waiting_since", "due_at"] as const;

/** Indexes of earlier versions, of which these take the place. */
const REPLACED = [
  ...["update_time", "create_time", "waiting_since", "due_at"].map((column) => [column, "id"]),
  ["priority", "waiting_since", "id"],
  ...["status", "customer_id", "assignee", "team", "category"].map((column) => [column, "update_time", "id"]),
  ...["waiting_on", "status", "priority", "category", "team", "assignee", "customer_id"].map((column) => [
    column,
    "due_at",
    "id",
  ]),
];

/** Labels know lane and times of their ticket, so that tickets with a label come out of an index in order too. */
export const listsMigration: Migration = {
  name: "lists",
  async up(trx) {
    await trx.schema.alterTable("ticket", (table) => {
      for (const columns of REPLACED) table.dropIndex(columns);
    });
    await trx.schema.alterTable("ticket_tag", (table) => {
      for (const column of LANE) table.integer(column).notNullable().defaultTo(0);
      for (const column of ORDERED_BY) table.bigInteger(column).notNullable().defaultTo(0);
    });
    const copied = [...LANE, ...ORDERED_BY].map((column) => `${column} = ticket.${column}`).join(", ");
    await trx.raw(`UPDATE ticket_tag SET ${copied} FROM ticket WHERE ticket.id = ticket_tag.ticket_id`);
    for (const order of ORDERED_BY) {
      await trx.schema.alterTable("ticket", (table) => {
        table.index([...LANE, order, "id"], `ticket_lane_${order}`);
        for (const whose of WHOSE) table.index([whose, ...LANE, order, "id"], `ticket_${whose}_lane_${order}`);
      });
      await trx.schema.alterTable("ticket_tag", (table) => {
        table.index(["tag", ...LANE, order, "ticket_id"], `ticket_tag_lane_${order}`);
      });
    }
  },
};

/** Columns that are empty in many a ticket and that no list asks for empty; `whereOwn` says so to the database. */
export const OFTEN_EMPTY = ["category", "team"] as const;

/** Indexes by category and by team have no entry of a ticket without one, which nobody would look for there. */
export const emptyNotListedMigration: Migration = {
  name: "empty-not-listed",
  async up(trx) {
    for (const whose of OFTEN_EMPTY) {
      for (const order of ORDERED_BY) {
        const [name, columns] = [`ticket_${whose}_lane_${order}`, [whose, ...LANE, order, "id"].join(", ")];
        await trx.raw("DROP INDEX ??", [name]);
        await trx.raw(`CREATE INDEX ?? ON ticket (${columns}) WHERE ${whose} <> ''`, [name]);
      }
    }
  },
};
