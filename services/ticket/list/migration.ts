// Indexes for every list: whose tickets, then lane, then order.
import type { Knex } from "knex";
import { TicketStatus, WaitingOn } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import type { Migration } from "../../../runtime/database/database.ts";
import { NEVER } from "../priority/migration.ts";
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
  needsQuiet: true,
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

/** Makes the indexes of one of `WHOSE` anew, without tickets where it is empty. */
async function leaveEmptyOut(trx: Knex.Transaction, whose: (typeof OFTEN_EMPTY)[number]): Promise<void> {
  for (const order of ORDERED_BY) {
    const [name, columns] = [`ticket_${whose}_lane_${order}`, [whose, ...LANE, order, "id"].join(", ")];
    await trx.raw("DROP INDEX ??", [name]);
    await trx.raw(`CREATE INDEX ?? ON ticket (${columns}) WHERE ${whose} <> ''`, [name]);
  }
}

/** Indexes by category and by team have no entry of a ticket without one, which nobody would look for there. */
export const emptyNotListedMigration: Migration = {
  name: "empty-not-listed",
  async up(trx) {
    await leaveEmptyOut(trx, "category");
    await leaveEmptyOut(trx, "team");
  },
};

/** A ticket that nobody has is in no index by assignee: where lists are of anybody's tickets, it has lanes of its own. */
export const unassignedLanesMigration: Migration = {
  name: "unassigned-lanes",
  needsQuiet: true,
  async up(trx, dialect) {
    await trx.schema.alterTable("ticket", (table) => {
      table.integer("unassigned").notNullable().defaultTo(1);
      for (const order of ORDERED_BY) table.dropIndex([], `ticket_lane_${order}`);
    });
    // PostgreSQL would make every index entry of a row that changes anew; as another type, all rows and indexes are made once.
    if (dialect === "sqlite") await trx("ticket").where("assignee", "<>", "").update({ unassigned: 0 });
    else await trx.raw("ALTER TABLE ticket ALTER COLUMN unassigned TYPE integer USING cast(assignee = '' AS integer)");
    await trx.schema.alterTable("ticket", (table) => {
      for (const order of ORDERED_BY) table.index([...LANE, "unassigned", order, "id"], `ticket_lane_${order}`);
    });
    await leaveEmptyOut(trx, "assignee");
  },
};

/** Labels lie in the order of their tickets, by which they are looked up: two indexes less. */
export const labelsByTicketMigration: Migration = {
  name: "labels-by-ticket",
  async up(trx, dialect) {
    if (dialect === "sqlite") return orderLabelsByTicket(trx);
    await trx.schema.alterTable("ticket_tag", (table) => {
      table.dropIndex("ticket_id");
      table.dropPrimary();
      table.primary(["ticket_id", "tag"]);
    });
  },
};

/** In SQLite only a table without row numbers lies in the order of its key. */
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

const { OPEN, IN_PROGRESS, RESOLVED, CLOSED } = TicketStatus;
const { DESK, CUSTOMER, THIRD_PARTY, NOBODY } = WaitingOn;

/**
 * Who has to act next goes by the status, which lists count on. Of earlier versions a ticket may say otherwise: one that is done
 * waits on nobody now, and one that is not waits on the desk, with a due time of the policy, which is applied anew for it.
 */
export const waitsByStatusMigration: Migration = {
  name: "waits-by-status",
  async up(trx, dialect) {
    let opened = 0;
    // Labels repeat what lists go by.
    for (const table of ["ticket_tag", "ticket"]) {
      const done = trx(table).whereIn("status", [RESOLVED, CLOSED]);
      await done.whereIn("waiting_on", [DESK, CUSTOMER, THIRD_PARTY]).update({ waiting_on: NOBODY, due_at: NEVER });
      const open = trx(table).whereIn("status", [OPEN, IN_PROGRESS]);
      opened = await open.where({ waiting_on: NOBODY }).update({ waiting_on: DESK });
    }
    if (opened > 0) await trx("applied_policy").update({ fingerprint: "", next_id: 0 });
    // Copies of an earlier version may still write there.
    if (dialect === "postgres") {
      const rule = `(status in (${RESOLVED}, ${CLOSED})) = (waiting_on = ${NOBODY})`;
      await trx.raw(`ALTER TABLE ticket ADD CONSTRAINT ticket_waits_by_status CHECK (${rule})`);
    }
  },
};
