// Indexes for every list: whose tickets, then lane, then order.
import type { Knex } from "knex";
import type { Migration } from "../../../runtime/database/database.ts";
import { LANE, UNASSIGNED } from "./lanes.ts";

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

/** Columns that are empty in many a ticket and that no index has empty; `whereOwn` says so to the database. */
export const OFTEN_EMPTY = ["category", "team", "assignee"] as const;

/** Makes the index of an order anew, without tickets where `whose` is empty. */
async function leaveEmptyOut(trx: Knex.Transaction, whose: string, order: string): Promise<void> {
  const [name, columns] = [`ticket_${whose}_lane_${order}`, [whose, ...LANE, order, "id"].join(", ")];
  await trx.raw("DROP INDEX ??", [name]);
  await trx.raw(`CREATE INDEX ?? ON ticket (${columns}) WHERE ${whose} <> ''`, [name]);
}

/** Indexes by category and by team have no entry of a ticket without one, which nobody would look for there. */
export const emptyNotListedMigration: Migration = {
  name: "empty-not-listed",
  async up(trx) {
    for (const whose of ["category", "team"]) for (const order of ORDERED_BY) await leaveEmptyOut(trx, whose, order);
  },
};

/**
 * A ticket that nobody has is in the indexes of anybody's tickets alone, which tell it apart by its lane. A label is one entry less:
 * its table is in the order of the tickets, by which it is looked up.
 */
export const fewerEntriesMigration: Migration = {
  name: "fewer-entries",
  async up(trx, dialect) {
    for (const order of ORDERED_BY) {
      await leaveEmptyOut(trx, "assignee", order);
      const name = `ticket_lane_${order}`;
      await trx.raw("DROP INDEX ??", [name]);
      await trx.raw(`CREATE INDEX ?? ON ticket (${LANE.join(", ")}, (${UNASSIGNED}), ${order}, id)`, [name]);
    }
    await (dialect === "sqlite"
      ? orderLabelsByTicket(trx)
      : trx.schema.alterTable("ticket_tag", (table) => {
          table.dropIndex("ticket_id");
          table.dropPrimary();
          table.primary(["ticket_id", "tag"]);
        }));
  },
};

/** In SQLite a table in the order of its key is one without row numbers. */
async function orderLabelsByTicket(trx: Knex.Transaction): Promise<void> {
  const columns = [
    ...LANE.map((column) => `${column} integer NOT NULL`),
    ...ORDERED_BY.map((column) => `${column} bigint NOT NULL`),
  ];
  const names = ["ticket_id", "tag", ...LANE, ...ORDERED_BY].join(", ");
  await trx.raw(`CREATE TABLE ticket_label (ticket_id bigint NOT NULL REFERENCES ticket (id), tag text NOT NULL,
    ${columns.join(", ")}, PRIMARY KEY (ticket_id, tag)) WITHOUT ROWID`);
  await trx.raw(`INSERT INTO ticket_label (${names}) SELECT ${names} FROM ticket_tag ORDER BY ticket_id, tag`);
  await trx.raw("DROP TABLE ticket_tag");
  await trx.raw("ALTER TABLE ticket_label RENAME TO ticket_tag");
  for (const order of ORDERED_BY)
    await trx.schema.alterTable("ticket_tag", (table) =>
      table.index(["tag", ...LANE, order, "ticket_id"], `ticket_tag_lane_${order}`),
    );
}
