// The table of calls that wait for a person.
import type { Migration } from "../../../runtime/database/database.ts";

/** Follows the tables of tickets and events. */
export const approvalsMigration: Migration = {
  name: "approvals",
  async up(trx) {
    await trx("counter").insert({ name: "approval", value: 1000 });
    await trx.schema.createTable("approval", (table) => {
      table.bigIncrements("id");
      table.integer("state").notNullable();
      table.bigInteger("ticket_id").notNullable().references("ticket.id");
      table.text("customer_id").notNullable();
      table.text("tool").notNullable();
      // The held call: the method's full name, and its request in ProtoJSON.
      table.text("method").notNullable();
      table.text("request").notNullable();
      table.text("request_hash").notNullable();
      table.text("draft").notNullable();
      table.text("reasons").notNullable();
      table.text("requested_by").notNullable();
      table.text("principal").notNullable();
      table.integer("ticket_version").notNullable();
      table.bigInteger("create_time").notNullable();
      table.bigInteger("expire_time").notNullable();
      table.text("decided_by");
      table.bigInteger("decide_time");
      table.text("comment").notNullable();
      table.text("edited_text").notNullable();
      table.bigInteger("message_id");
      table.index(["ticket_id", "id"]);
      table.index(["state", "id"]);
      table.index("customer_id");
    });
    await trx.raw("CREATE INDEX approval_due ON approval (expire_time) WHERE state = 1");
  },
};
