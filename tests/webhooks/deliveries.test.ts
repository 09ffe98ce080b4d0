// From an event in the log to an endpoint outside: retried, kept in order, never lost.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { MessageDelivery } from "#gen/deskwire/ticket/v1/message_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { WebhookDeliveryState } from "#gen/deskwire/ticket/v1/webhook_pb.js";
import { directTransport } from "../../runtime/calls/direct-transport.ts";
import { openDatabase } from "../../runtime/database/database.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../runtime/time-units.ts";
import { migrations } from "../../services/ticket/migrations.ts";
import { claim, type DeliveryRow } from "../../services/ticket/webhooks/delivery-store.ts";
import { fanOut } from "../../services/ticket/webhooks/fan-out.ts";
import { settle } from "../../services/ticket/webhooks/settle.ts";
import { DIALECTS } from "../support/databases.ts";
import { eventually } from "../support/processes.ts";
import { openWebhookDesk, type WebhookDesk } from "./desk.ts";
import { accept, answering, isSigned, openReceiver, type Receiver, silence } from "./receiver.ts";

const { MESSAGE_ADDED } = TicketEventType;

describe.each(DIALECTS)("on %s", (dialect) => {
  let desk: WebhookDesk;
  let receiver: Receiver;
  beforeEach(async () => {
    [desk, receiver] = await Promise.all([openWebhookDesk(dialect), openReceiver()]);
    desk.module.start?.();
  });
  afterEach(async () => {
    await desk[Symbol.asyncDispose]();
    await receiver[Symbol.asyncDispose]();
  });
  const arrived = (count: number) => eventually(async () => receiver.received.length >= count && receiver.received);
  /** Until the end of the newest delivery's latest attempt is stored: it is stored with the time that the clock shows then. */
  const settledNow = () =>
    eventually(async () => {
      const [delivery] = (await desk.webhooks.listWebhookDeliveries({})).deliveries;
      return delivery?.lastAttemptTime && timestampMs(delivery.lastAttemptTime) === desk.clock.ms && delivery;
    });
  const types = () => receiver.received.map(({ json }) => json.type);
  const ids = () => receiver.received.map(({ id }) => id);

  it("an event is posted as it stands in the log, signed", async () => {
    const { secret } = await desk.add({ url: receiver.url });
    const ticketId = await desk.openTicket();
    const [received] = await arrived(1);
    if (!received) throw new Error("nothing came");
    expect(isSigned(received, secret)).toBe(true);
    expect(received.headers).toMatchObject({
      "content-type": "application/json",
      "webhook-timestamp": String(desk.clock.ms / 1000),
    });
    expect(received.json).toMatchObject({
      type: "ticket.created",
      timestamp: new Date(desk.clock.ms).toISOString(),
      data: { position: "1", ticketId, type: "TICKET_EVENT_TYPE_CREATED" },
    });
  });

  it("a webhook is sent what it asks for, from when it was added on", async () => {
    const ticketId = await desk.openTicket();
    await desk.respond(ticketId, "before");
    await desk.add({ url: receiver.url, eventTypes: [MESSAGE_ADDED] });
    await desk.tickets.changeStatus({ ticketId, status: 2 });
    await desk.respond(ticketId, "after");
    const [received] = await arrived(1);
    expect(received?.json).toMatchObject({ type: "ticket.message_added", data: { message: { body: "after" } } });
    const { totalSize } = await desk.webhooks.listWebhookDeliveries({});
    expect(totalSize).toBe(1);
  });

  it("a failed attempt is repeated with the same identifier, later each time", async () => {
    receiver.answer = answering(500);
    const { secret } = await desk.add({ url: receiver.url, eventTypes: [MESSAGE_ADDED] });
    const ticketId = await desk.openTicket();
    const messageId = await desk.respond(ticketId);
    await arrived(1);
    const failed = await settledNow();
    expect(failed).toMatchObject({ state: WebhookDeliveryState.PENDING, attemptCount: 1, lastError: "HTTP 500" });
    expect(await desk.deliveryOf(ticketId, messageId)).toBe(MessageDelivery.STORED);

    await desk.advance(3_900);
    expect(receiver.received).toHaveLength(1);
    await desk.advance(2_100);
    await arrived(2);
    await settledNow();
    await desk.advance(11_000);
    receiver.answer = accept;
    await desk.advance(8_000);
    const received = await arrived(3);
    expect(new Set(ids())).toEqual(new Set([failed.id]));
    expect(new Set(received.map(({ body }) => body)).size).toBe(1);
    expect(received.every((each) => isSigned(each, secret))).toBe(true);
    expect(new Set(received.map(({ headers }) => headers["webhook-timestamp"])).size).toBe(3);
    await eventually(async () => (await desk.deliveryOf(ticketId, messageId)) === MessageDelivery.SENT);
  });

  it("what never arrives is a dead letter, and can be replayed", async () => {
    receiver.answer = answering(503);
    const { id: webhookId } = await desk.add({ url: receiver.url, eventTypes: [MESSAGE_ADDED] });
    const ticketId = await desk.openTicket();
    const messageId = await desk.respond(ticketId);
    for (let attempt = 1; attempt <= 12; attempt++) {
      await arrived(attempt);
      const failed = await settledNow();
      if (failed.nextAttemptTime) await desk.advance(timestampMs(failed.nextAttemptTime) - desk.clock.ms);
    }
    const [dead] = await desk.deadLetters();
    expect(dead).toMatchObject({ webhookId, attemptCount: 12, lastStatus: 503, lastError: "HTTP 503" });
    expect(await desk.deliveryOf(ticketId, messageId)).toBe(MessageDelivery.FAILED);
    expect(desk.logged).toEqual(["webhook delivery is a dead letter"]);

    expect(await desk.webhooks.replayWebhookDeliveries({ webhookId })).toMatchObject({ replayedCount: 1 });
    await arrived(13);
    expect(await desk.deliveryOf(ticketId, messageId)).toBe(MessageDelivery.STORED);
    await eventually(async () => {
      const [delivery] = (await desk.webhooks.listWebhookDeliveries({})).deliveries;
      return delivery?.state === WebhookDeliveryState.PENDING && delivery.lastStatus === 503;
    });
    receiver.answer = accept;
    await desk.advance(MINUTE_MS);
    await arrived(14);
    expect(new Set(ids()).size).toBe(1);
    await eventually(async () => (await desk.deliveryOf(ticketId, messageId)) === MessageDelivery.SENT);
    expect(await desk.deadLetters()).toEqual([]);
  });

  it("nothing is tried again later than 28 hours after it was queued", async () => {
    receiver.answer = answering(500);
    await desk.add({ url: receiver.url });
    await desk.openTicket();
    await arrived(1);
    await eventually(async () => (await desk.webhooks.listWebhookDeliveries({})).deliveries[0]?.lastStatus === 500);
    await desk.advance(28 * HOUR_MS);
    await eventually(async () => (await desk.deadLetters()).length === 1);
    expect(receiver.received).toHaveLength(2);
  });

  it("events of a ticket keep their order, and other tickets do not wait", async () => {
    const [stuck, other] = [await desk.openTicket(), await desk.openTicket()];
    await desk.add({ url: receiver.url });
    const bodies = () => receiver.received.map(({ json }) => (json.data.message as { body: string }).body);
    receiver.answer = (_, response) => void response.writeHead(bodies().at(-1) === "one" ? 500 : 204).end();
    for (const response of ["one", "two", "three"]) await desk.respond(stuck, response);
    await desk.respond(other, "four");
    await arrived(2);
    await eventually(async () => {
      const { deliveries } = await desk.webhooks.listWebhookDeliveries({});
      return deliveries.filter(({ lastStatus }) => lastStatus !== 0).length === 2;
    });
    expect(bodies().toSorted()).toEqual(["four", "one"]);
    receiver.answer = accept;
    await desk.advance(MINUTE_MS);
    await arrived(5);
    expect(bodies().slice(2)).toEqual(["one", "two", "three"]);
  });

  it("a slow endpoint holds up itself alone", async () => {
    await using slow = await openReceiver(silence);
    await desk.add({ url: slow.url });
    await desk.add({ url: receiver.url });
    for (let count = 0; count < 10; count++) await desk.openTicket();
    await arrived(10);
    await eventually(async () => slow.received.length === 8);
  });

  it("a restart goes on where it was", async () => {
    receiver.answer = silence;
    await desk.add({ url: receiver.url });
    await desk.openTicket();
    await arrived(1);
    await desk.module.close();
    receiver.answer = accept;
    (await desk.another()).start?.();
    await arrived(2);
    expect(new Set(ids()).size).toBe(1);
  });

  it("what a process held that died is sent by another when its time is up", async () => {
    await using idle = await openWebhookDesk(dialect);
    await idle.add({ url: receiver.url });
    await idle.openTicket();
    const dead = await openDatabase({ name: "dead", location: idle.location, migrations, log: () => {} });
    const now = idle.clock.now();
    await fanOut(dead, now);
    expect(await claim(dead, { webhookId: 1001, limit: 9, now, leaseMs: MINUTE_MS })).toHaveLength(1);
    await dead.close();
    idle.module.start?.();
    await idle.advance(MINUTE_MS - 1);
    const { deliveries } = await idle.webhooks.listWebhookDeliveries({});
    expect(deliveries).toMatchObject([{ attemptCount: 1 }]);
    await idle.advance(1);
    await arrived(1);
    expect(ids()).toEqual([deliveries[0]?.id]);
  });

  it("an attempt that outlived its time does not undo what another did", async () => {
    await using idle = await openWebhookDesk(dialect);
    await idle.add({ url: receiver.url });
    await idle.openTicket();
    const database = await openDatabase({ name: "test", location: idle.location, migrations, log: () => {} });
    const now = idle.clock.now();
    await fanOut(database, now);
    const claimAt = async (time: number) => {
      const [delivery] = await claim(database, { webhookId: 1001, limit: 1, now: time, leaseMs: MINUTE_MS });
      return delivery as DeliveryRow;
    };
    const slow = await claimAt(now);
    const quick = await claimAt(now + MINUTE_MS);
    const failed = { status: 0, error: "no answer in time" };
    expect(await settle(database, { delivery: slow, answer: failed, now })).toBe("taken over");
    expect(await settle(database, { delivery: quick, answer: { status: 200, error: "" }, now })).toBe("delivered");
    expect(await settle(database, { delivery: slow, answer: failed, now })).toBe("taken over");
    await database.close();
  });

  it("a webhook is not sent what happened before it was added, however late that is looked at", async () => {
    await using late = await openWebhookDesk(dialect);
    await using second = await openReceiver();
    await late.add({ url: receiver.url });
    await late.openTicket();
    await late.add({ url: second.url });
    await late.openTicket();
    late.module.start?.();
    await arrived(2);
    await eventually(async () => second.received.length > 0);
    const { deliveries } = await late.webhooks.listWebhookDeliveries({ webhookId: "WHK-1002" });
    expect(deliveries.map(({ eventPosition }) => eventPosition)).toEqual([2n]);
  });

  // SQLite's files belong to one process.
  it.runIf(dialect === "postgres")("several processes on one database send each event once", async () => {
    const other = await desk.another();
    other.start?.();
    const tickets = createClient(TicketService, directTransport(other.services));
    const ticketIds = [await desk.openTicket(), await desk.openTicket(), await desk.openTicket()];
    await desk.add({ url: receiver.url });
    const writes = ticketIds.flatMap((ticketId) =>
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? tickets : desk.tickets).addInternalNote({ ticketId, body: `Note ${index}` }),
      ),
    );
    await Promise.all(writes);
    await eventually(async () => {
      const delivered = { state: WebhookDeliveryState.DELIVERED };
      return (await desk.webhooks.listWebhookDeliveries(delivered)).totalSize === writes.length;
    });
    expect(new Set(ids()).size).toBe(writes.length);
    expect(receiver.received).toHaveLength(writes.length);
    for (const ticketId of ticketIds) {
      const positions = receiver.received
        .filter(({ json }) => json.data.ticketId === ticketId)
        .map(({ json }) => Number(json.data.position));
      expect(positions).toEqual(positions.toSorted((a, b) => a - b));
    }
  });

  it("nothing is sent to a disabled webhook, then or later", async () => {
    const { id } = await desk.add({ url: receiver.url, disabled: true });
    await desk.openTicket();
    await desk.webhooks.updateWebhook({ webhook: { id }, updateMask: { paths: ["disabled"] } });
    await desk.openTicket();
    await arrived(1);
    expect(receiver.received[0]?.json.data.ticketId).toBe("TKT-1002");
    expect((await desk.webhooks.listWebhookDeliveries({})).totalSize).toBe(1);
  });

  it("an endpoint that is gone is disabled", async () => {
    receiver.answer = answering(410);
    const { id: webhookId } = await desk.add({ url: receiver.url });
    await desk.openTicket();
    await eventually(async () => (await desk.webhooks.getWebhook({ webhookId })).webhook?.disabled);
    expect(await desk.deadLetters()).toMatchObject([{ attemptCount: 1, lastStatus: 410 }]);
  });

  it("a new secret signs beside the old one for a day", async () => {
    const { id: webhookId, secret: old } = await desk.add({ url: receiver.url });
    const { secret } = await desk.webhooks.rotateWebhookSecret({ webhookId });
    const signedBy = async () => {
      const before = receiver.received.length;
      await desk.openTicket();
      const received = (await arrived(before + 1))[before];
      return [secret, old].map((each) => received && isSigned(received, each));
    };
    expect(await signedBy()).toEqual([true, true]);
    desk.clock.ms += DAY_MS;
    expect(await signedBy()).toEqual([true, false]);
  });

  it("several webhooks: one that takes an answer is enough, all have to fail", async () => {
    await using second = await openReceiver(answering(500));
    receiver.answer = answering(410);
    await desk.add({ url: receiver.url, eventTypes: [MESSAGE_ADDED] });
    const { id } = await desk.add({ url: second.url, eventTypes: [MESSAGE_ADDED] });
    const ticketId = await desk.openTicket();
    const lost = await desk.respond(ticketId);
    await eventually(async () => {
      const { deliveries } = await desk.webhooks.listWebhookDeliveries({});
      return deliveries.every(({ lastStatus }) => lastStatus !== 0);
    });
    expect(await desk.deliveryOf(ticketId, lost)).toBe(MessageDelivery.STORED);
    second.answer = answering(410);
    await desk.advance(MINUTE_MS);
    await eventually(async () => (await desk.deliveryOf(ticketId, lost)) === MessageDelivery.FAILED);
    second.answer = accept;
    const list = await desk.webhooks.listWebhooks({});
    for (const webhook of list.webhooks) {
      await desk.webhooks.updateWebhook({ webhook: { id: webhook.id }, updateMask: { paths: ["disabled"] } });
    }
    const sent = await desk.respond(ticketId);
    await eventually(async () => (await desk.deliveryOf(ticketId, sent)) === MessageDelivery.SENT);
    await eventually(async () => (await desk.deadLetters()).length === 3);
    expect(await desk.deliveryOf(ticketId, sent)).toBe(MessageDelivery.SENT);
    expect((await desk.webhooks.listWebhookDeliveries({ webhookId: id })).totalSize).toBe(2);
  });

  it("what nobody asks for stays stored, and what the desk does not send says nothing", async () => {
    await desk.add({ url: receiver.url, eventTypes: [TicketEventType.CREATED] });
    const ticketId = await desk.openTicket();
    const answer = await desk.respond(ticketId);
    const { message: note } = await desk.tickets.addInternalNote({ ticketId, body: "VIP" });
    const { message: reply } = await desk.tickets.recordCustomerReply({ ticketId, body: "Thanks" });
    await arrived(1);
    const states = await Promise.all([answer, note?.id, reply?.id].map((id) => desk.deliveryOf(ticketId, id ?? "")));
    expect(states).toEqual([MessageDelivery.STORED, MessageDelivery.UNSPECIFIED, MessageDelivery.UNSPECIFIED]);
    expect(types()).toEqual(["ticket.created"]);
  });
});
