// The rules of WebhookService.
import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { WebhookDeliveryState } from "#gen/deskwire/ticket/v1/webhook_pb.js";
import { reasonOf } from "../../runtime/errors.ts";
import { DIALECTS } from "../support/databases.ts";
import { eventually } from "../support/processes.ts";
import { openWebhookDesk, type WebhookDesk } from "./desk.ts";
import { answering, openReceiver } from "./receiver.ts";

const URL = "https://1.1.1.1/hook";
const NOBODY = "WHK-999999999999999";

describe.each(DIALECTS)("on %s", (dialect) => {
  let desk: WebhookDesk;
  beforeAll(async () => {
    desk = await openWebhookDesk(dialect);
  });
  afterAll(() => desk[Symbol.asyncDispose]());

  const refusal = (call: PromiseLike<unknown>) =>
    Promise.resolve(call).then(
      () => "answered",
      (error: unknown) => reasonOf(error) ?? Code[(error as { code: Code }).code],
    );

  it("the secret is shown when it is made, and never again", async () => {
    const request = { webhook: { url: URL, description: "The bridge" }, requestId: "create" };
    const { webhook, secret } = await desk.webhooks.createWebhook(request);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(webhook).toMatchObject({ id: "WHK-1001", url: URL, description: "The bridge", disabled: false, etag: "v1" });
    expect(await desk.webhooks.createWebhook(request)).toEqual({ ...(await desk.webhooks.createWebhook(request)) });
    const read = [await desk.webhooks.getWebhook({ webhookId: "WHK-1001" }), await desk.webhooks.listWebhooks({})];
    expect(JSON.stringify(read, (_, value) => (typeof value === "bigint" ? `${value}` : value))).not.toContain(
      "whsec_",
    );
    expect(read[1]).toMatchObject({ totalSize: 1, webhooks: [webhook] });
  });

  it("an update changes what its mask names, and tells who comes too late", async () => {
    const { id } = await desk.add({ url: URL, description: "Old" });
    const eventTypes = [TicketEventType.MESSAGE_ADDED];
    const masked = {
      webhook: { id, eventTypes, url: "https://1.0.0.1/" },
      updateMask: { paths: ["event_types", "description"] },
    };
    const { webhook } = await desk.webhooks.updateWebhook(masked);
    expect(webhook).toMatchObject({ url: URL, eventTypes, description: "", etag: "v2" });
    const late = desk.webhooks.updateWebhook({ webhook: { id, description: "New", etag: "v1" } });
    expect(await refusal(late)).toBe("ETAG_MISMATCH");
    await desk.webhooks.deleteWebhook({ webhookId: id });
  });

  it("a webhook goes with all that was on its way to it", async () => {
    await using receiver = await openReceiver(answering(500));
    const { id } = await desk.add({ url: receiver.url });
    desk.module.start?.();
    const ticketId = await desk.openTicket();
    const toIt = { webhookId: id, ticketId, state: WebhookDeliveryState.PENDING };
    await eventually(async () => (await desk.webhooks.listWebhookDeliveries(toIt)).totalSize === 1);
    await desk.webhooks.deleteWebhook({ webhookId: id });
    expect(await desk.webhooks.listWebhookDeliveries({ webhookId: id })).toMatchObject({ totalSize: 0 });
  });

  it("what does not exist is not found", async () => {
    const calls = [
      desk.webhooks.getWebhook({ webhookId: NOBODY }),
      desk.webhooks.updateWebhook({ webhook: { id: NOBODY } }),
      desk.webhooks.deleteWebhook({ webhookId: NOBODY }),
      desk.webhooks.rotateWebhookSecret({ webhookId: NOBODY }),
      desk.webhooks.replayWebhookDeliveries({ webhookId: NOBODY }),
    ];
    expect(new Set(await Promise.all(calls.map(refusal)))).toEqual(new Set(["WEBHOOK_NOT_FOUND"]));
    expect(await desk.webhooks.listWebhookDeliveries({ webhookId: NOBODY })).toMatchObject({ totalSize: 0 });
  });

  it("there are twenty at most, and an event reaches all of them", async () => {
    await using receiver = await openReceiver();
    const { totalSize: before } = await desk.webhooks.listWebhooks({});
    for (let count = before; count < 20; count++) await desk.add({ url: receiver.url });
    expect(await refusal(desk.webhooks.createWebhook({ webhook: { url: URL } }))).toBe("TOO_MANY_WEBHOOKS");
    for (let count = 0; count < 4; count++) await desk.openTicket();
    await eventually(async () => receiver.received.length >= (20 - before) * 4);
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe((20 - before) * 4);
  });
});
