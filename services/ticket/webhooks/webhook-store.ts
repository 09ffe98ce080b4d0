// Webhooks in the database.
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Knex } from "knex";
import type { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { type Webhook, WebhookSchema } from "#gen/deskwire/ticket/v1/webhook_pb.js";
import { take } from "../../../runtime/database/counter.ts";
import { formatId, parseId } from "../../../runtime/messages/ids.ts";
import { endOfLog } from "../event-store.ts";

/** A row of the table `webhook`. */
export interface WebhookRow {
  readonly id: number;
  readonly url: string;
  readonly event_types: string;
  readonly description: string;
  readonly disabled: boolean | number;
  readonly secret: string;
  readonly previous_secret: string | null;
  readonly previous_secret_until: number | null;
  readonly after_position: number;
  readonly version: number;
  readonly create_time: number;
  readonly update_time: number;
}

/** Reads a row as a message, without its secrets. */
export function toWebhook(row: WebhookRow): Webhook {
  return create(WebhookSchema, {
    id: formatId("WHK", row.id),
    url: row.url,
    eventTypes: JSON.parse(row.event_types),
    description: row.description,
    disabled: Boolean(row.disabled),
    etag: `v${row.version}`,
    createTime: timestampFromMs(row.create_time),
    updateTime: timestampFromMs(row.update_time),
  });
}

/** The secrets that sign for a webhook at a time in milliseconds UTC: the new one first, the old one while it is valid. */
export function secretsAt({ secret, previous_secret, previous_secret_until }: WebhookRow, now: number): string[] {
  return previous_secret !== null && now < (previous_secret_until ?? 0) ? [secret, previous_secret] : [secret];
}

/** Whether a webhook asks for an event. */
export function wants(row: WebhookRow, event: { readonly position: number; readonly type: number }): boolean {
  const types: TicketEventType[] = JSON.parse(row.event_types);
  return event.position > row.after_position && (types.length === 0 || types.includes(event.type));
}

/** Adds a webhook that is sent what happens from now on. */
export async function insertWebhook(
  trx: Knex.Transaction,
  { url, eventTypes, description, disabled }: Webhook,
  secret: string,
  now: number,
): Promise<Webhook> {
  const row: WebhookRow = {
    id: await take(trx, "webhook"),
    ...{ url, description, disabled, secret },
    event_types: JSON.stringify(eventTypes),
    previous_secret: null,
    previous_secret_until: null,
    after_position: await endOfLog(trx),
    version: 1,
    create_time: now,
    update_time: now,
  };
  await trx("webhook").insert(row);
  return toWebhook(row);
}

/** Reads one webhook; undefined where there is none. `lock` keeps it from others until the transaction ends. */
export async function findWebhook(db: Knex, webhookId: string, lock = false): Promise<WebhookRow | undefined> {
  const query = db<WebhookRow>("webhook")
    .where({ id: parseId(webhookId) })
    .first();
  return await (lock ? query.forUpdate() : query);
}

/** Changes columns of a webhook and moves its etag on. */
export async function updateWebhook(
  trx: Knex.Transaction,
  id: number,
  columns: Partial<Omit<WebhookRow, "id" | "version" | "create_time">> & { readonly update_time: number },
): Promise<Webhook> {
  const [row] = await trx("webhook")
    .where({ id })
    .update({ ...columns, version: trx.raw("version + 1") })
    .returning("*");
  return toWebhook(row);
}

/** Removes a webhook with its deliveries. */
export async function deleteWebhook(trx: Knex.Transaction, id: number): Promise<void> {
  await trx("delivery").where({ webhook_id: id }).delete();
  await trx("webhook").where({ id }).delete();
}
