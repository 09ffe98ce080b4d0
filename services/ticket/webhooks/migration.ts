// Tables of webhooks, of what is on its way to them, and of what came in.
import type { Migration } from "../../../runtime/database/database.ts";

/** Follows the tables of tickets and events. */
export const webhooksMigration: Migration = {
  name: "webhooks",
  async up(trx) {
    await trx.schema.alterTable("message", (table) => {
      // MessageDelivery; 0 for what the desk does not send.
      table.integer("delivery").notNullable().defaultTo(0);
    });
    await trx("counter").insert({ name: "webhook", value: 1000 });
    await trx.schema.createTable("webhook", (table) => {
      table.bigIncrements("id");
      table.text("url").notNullable();
      table.text("event_types").notNullable();
      table.text("description").notNullable();
      table.boolean("disabled").notNullable();
      table.text("secret").notNullable();
      table.text("previous_secret");
      table.bigInteger("previous_secret_until");
      // It is sent what happened after this position.
      table.bigInteger("after_position").notNullable();
      table.integer("version").notNullable();
      table.bigInteger("create_time").notNullable();
      table.bigInteger("update_time").notNullable();
    });
    await trx.schema.createTable("delivery", (table) => {
      table.bigIncrements("id");
      // The header `webhook-id`. Random, because numbers would be given out twice after a restore from a backup.
      table.text("message_key").notNullable().unique();
      table.bigInteger("webhook_id").notNullable().references("webhook.id");
      table.bigInteger("event_position").notNullable().references("event.position");
      table.integer("event_type").notNullable();
      table.bigInteger("ticket_id").notNullable();
      // The message that is delivered by it, where the message's state follows from it.
      table.integer("message_id").references("message.id");
      table.integer("state").notNullable();
      table.integer("attempt_count").notNullable();
      // While an attempt is under way: when others may take it for lost. Null while it queues behind another.
      table.bigInteger("next_attempt_time");
      table.bigInteger("last_attempt_time");
      table.integer("last_status").notNullable();
      table.text("last_error").notNullable();
      table.bigInteger("create_time").notNullable();
      table.unique(["event_position", "webhook_id"]);
      table.index(["webhook_id", "id"]);
      table.index(["ticket_id", "id"]);
      table.index(["state", "last_attempt_time"]);
    });
    await trx.raw("CREATE INDEX delivery_due ON delivery (webhook_id, next_attempt_time) WHERE state = 1");
    await trx.raw("CREATE INDEX delivery_queue ON delivery (webhook_id, ticket_id, id) WHERE state = 1");
    // What keeps the order of a ticket: one at a time.
    await trx.raw(
      "CREATE UNIQUE INDEX delivery_active ON delivery (webhook_id, ticket_id) WHERE state = 1 AND next_attempt_time IS NOT NULL",
    );
    await trx.schema.createTable("cursor", (table) => {
      table.text("name").primary();
      table.bigInteger("position").notNullable();
    });
    await trx("cursor").insert({ name: "webhooks", position: 0 });
    await trx.schema.createTable("received_message", (table) => {
      table.text("request_id").primary();
      table.text("request_hash").notNullable();
      table.binary("response").notNullable();
      table.bigInteger("create_time").notNullable().index();
    });
  },
};
