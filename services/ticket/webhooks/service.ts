// The rules of webhooks.
import { create } from "@bufbuild/protobuf";
import { Code, type ServiceImpl } from "@connectrpc/connect";
import type { Knex } from "knex";
import { MessageDelivery } from "#gen/deskwire/ticket/v1/message_pb.js";
import { WebhookDeliveryState, WebhookSchema } from "#gen/deskwire/ticket/v1/webhook_pb.js";
import {
  ListWebhookDeliveriesRequestSchema,
  ListWebhooksRequestSchema,
  type ReplayWebhookDeliveriesRequest,
  UpdateWebhookRequestSchema,
  WebhookService,
} from "#gen/deskwire/ticket/v1/webhook_service_pb.js";
import type { Bell } from "../../../runtime/background/bell.ts";
import { write } from "../../../runtime/calls/write.ts";
import type { Database } from "../../../runtime/database/database.ts";
import { fail } from "../../../runtime/errors.ts";
import { parseId } from "../../../runtime/messages/ids.ts";
import { countedPage } from "../../../runtime/messages/pagination.ts";
import { assertEtag, maskedFields, mutableFields } from "../../../runtime/messages/resource.ts";
import { newSecret } from "../../../runtime/standard-webhooks.ts";
import { DAY_MS } from "../../../runtime/time-units.ts";
import { endOfLog } from "../event-store.ts";
import { type DeliveryRow, lockQueues, promote, toDelivery } from "./delivery-store.ts";
import type { Targets } from "./target.ts";
import * as webhooks from "./webhook-store.ts";

/** Every event is put down once for each of them. */
const MAX_WEBHOOKS = 20;
/** A receiver has as long to take the new secret over. */
const OLD_SECRET_VALID_MS = DAY_MS;
const OLDEST_FIRST = [{ column: "id", direction: "asc" }] as const;
const NEWEST_FIRST = [{ column: "id", direction: "desc" }] as const;
const MUTABLE = mutableFields(UpdateWebhookRequestSchema);

function found(row: webhooks.WebhookRow | undefined, webhookId: string): webhooks.WebhookRow {
  if (row) return row;
  throw fail(
    Code.NotFound,
    "WEBHOOK_NOT_FOUND",
    `There is no webhook ${webhookId}. See which there are with ListWebhooks.`,
    { webhook_id: webhookId },
  );
}

/** After the insert, which lets one at a time past. */
async function assertRoom(trx: Knex.Transaction): Promise<void> {
  if ((await trx("webhook").pluck("id")).length <= MAX_WEBHOOKS) return;
  throw fail(
    Code.ResourceExhausted,
    "TOO_MANY_WEBHOOKS",
    `There are ${MAX_WEBHOOKS} webhooks already. Delete one that nobody needs, or let one endpoint pass events on.`,
  );
}

/** Puts dead letters at the ends of their queues. */
async function replayDead(
  trx: Knex.Transaction,
  { webhookId, deliveryIds }: ReplayWebhookDeliveriesRequest,
  now: number,
): Promise<number> {
  const webhook_id = parseId(webhookId);
  await lockQueues(trx, true);
  const dead = trx("delivery").where({ webhook_id, state: WebhookDeliveryState.DEAD });
  if (deliveryIds.length > 0) dead.whereIn("message_key", deliveryIds);
  const answers = dead.clone().whereNotNull("message_id").select("message_id");
  await trx("message")
    .whereIn("id", answers)
    .where({ delivery: MessageDelivery.FAILED })
    .update({ delivery: MessageDelivery.STORED });
  const anew = { state: WebhookDeliveryState.PENDING, attempt_count: 0, next_attempt_time: null, create_time: now };
  const count = await dead.update(anew);
  await promote(trx, now, { webhookId: webhook_id });
  return count;
}

/** What the service of webhooks stands on. */
export interface WebhookServiceOptions {
  readonly database: Database;
  readonly targets: Targets;
  /** Rung when there is something to send. */
  readonly bell: Bell;
  /** Milliseconds UTC. */
  readonly now: () => number;
}

/** Makes the service of webhooks over the ticket service's database. */
export function webhookService(options: WebhookServiceOptions): ServiceImpl<typeof WebhookService> {
  const { database, targets, bell, now } = options;
  const { knex } = database;
  return {
    async createWebhook(request, context) {
      const { webhook = create(WebhookSchema) } = request;
      await targets.resolve(webhook.url);
      const call = { method: WebhookService.method.createWebhook, request, context, now: now() };
      return await write(database, call, async (trx) => {
        const secret = newSecret();
        const added = await webhooks.insertWebhook(trx, webhook, secret, call.now);
        await assertRoom(trx);
        return { webhook: added, secret };
      });
    },

    async getWebhook({ webhookId }) {
      return { webhook: webhooks.toWebhook(found(await webhooks.findWebhook(knex, webhookId), webhookId)) };
    },

    async listWebhooks(request) {
      const scope = { schema: ListWebhooksRequestSchema, request, order: OLDEST_FIRST };
      const { rows, ...page } = await countedPage<webhooks.WebhookRow, typeof ListWebhooksRequestSchema>(
        knex("webhook"),
        scope,
      );
      return { webhooks: rows.map(webhooks.toWebhook), ...page };
    },

    async updateWebhook(request, context) {
      const { webhook: patch = create(WebhookSchema) } = request;
      const fields = maskedFields(WebhookSchema, { patch, mask: request.updateMask, current: patch }, MUTABLE);
      if (fields.url !== undefined) await targets.resolve(fields.url);
      const call = { method: WebhookService.method.updateWebhook, request, context, now: now() };
      const response = await write(database, call, async (trx) => {
        const current = found(await webhooks.findWebhook(trx, patch.id, true), patch.id);
        const before = webhooks.toWebhook(current);
        assertEtag(before, patch.etag);
        const { url, eventTypes, description, disabled } = { ...before, ...fields };
        const resumed = before.disabled && !disabled;
        const webhook = await webhooks.updateWebhook(trx, current.id, {
          ...{ url, description, disabled, event_types: JSON.stringify(eventTypes) },
          ...(resumed && { after_position: await endOfLog(trx) }),
          update_time: call.now,
        });
        return { webhook };
      });
      bell.ring();
      return response;
    },

    deleteWebhook(request, context) {
      const call = { method: WebhookService.method.deleteWebhook, request, context, now: now() };
      return write(database, call, async (trx) => {
        const { id } = found(await webhooks.findWebhook(trx, request.webhookId, true), request.webhookId);
        await webhooks.deleteWebhook(trx, id);
        return {};
      });
    },

    rotateWebhookSecret(request, context) {
      const call = { method: WebhookService.method.rotateWebhookSecret, request, context, now: now() };
      return write(database, call, async (trx) => {
        const current = found(await webhooks.findWebhook(trx, request.webhookId, true), request.webhookId);
        const secret = newSecret();
        const webhook = await webhooks.updateWebhook(trx, current.id, {
          secret,
          previous_secret: current.secret,
          previous_secret_until: call.now + OLD_SECRET_VALID_MS,
          update_time: call.now,
        });
        return { webhook, secret };
      });
    },

    async listWebhookDeliveries(request) {
      const { webhookId, state, ticketId } = request;
      const matching = knex("delivery");
      if (webhookId) matching.where({ webhook_id: parseId(webhookId) });
      if (state) matching.where({ state });
      if (ticketId) matching.where({ ticket_id: parseId(ticketId) });
      const scope = { schema: ListWebhookDeliveriesRequestSchema, request, order: NEWEST_FIRST };
      const { rows, ...page } = await countedPage<DeliveryRow, typeof ListWebhookDeliveriesRequestSchema>(
        matching,
        scope,
      );
      return { deliveries: rows.map(toDelivery), ...page };
    },

    async replayWebhookDeliveries(request, context) {
      const call = { method: WebhookService.method.replayWebhookDeliveries, request, context, now: now() };
      const response = await write(database, call, async (trx) => {
        found(await webhooks.findWebhook(trx, request.webhookId), request.webhookId);
        return { replayedCount: await replayDead(trx, request, call.now) };
      });
      bell.ring();
      return response;
    },
  };
}
