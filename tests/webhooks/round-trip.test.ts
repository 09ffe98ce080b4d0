// An answer leaves the desk and the customer's reply comes back, through the desk as `npm start` opens it.
import { createClient } from "@connectrpc/connect";
import { expect, it } from "vitest";
import { CrmService } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import { SupportService } from "#gen/deskwire/support/v1/support_service_pb.js";
import { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { MessageDelivery } from "#gen/deskwire/ticket/v1/message_pb.js";
import { WebhookService } from "#gen/deskwire/ticket/v1/webhook_service_pb.js";
import { newSecret, sign } from "../../runtime/standard-webhooks.ts";
import { openTestDesk } from "../support/desk.ts";
import { eventually } from "../support/processes.ts";
import { openReceiver } from "./receiver.ts";

it("a bridge mails what agents answer, and brings what customers write back", async () => {
  const secret = newSecret();
  const environment = { INBOUND_WEBHOOK_SECRET: secret, WEBHOOK_ALLOW_PRIVATE: "127.0.0.0/8" };
  await using desk = await openTestDesk({ environment });
  await using bridge = await openReceiver();
  const support = createClient(SupportService, desk.transport);
  const crm = createClient(CrmService, desk.transport);
  const { url } = await desk.listen();
  const webhook = { url: bridge.url, eventTypes: [TicketEventType.MESSAGE_ADDED] };
  await createClient(WebhookService, desk.transport).createWebhook({ webhook });

  const opened = await support.openTicket({
    ...{ subject: "Printer", description: "It does not print.", customerEmail: "ada@example.com", customerName: "Ada" },
  });
  const ticketId = opened.ticket?.id ?? "";
  const answered = await support.respondToTicket({ ticketId, response: "Is it plugged in?" });
  expect(answered.response?.delivery).toBe(MessageDelivery.STORED);
  const mail = await eventually(async () => bridge.received[0]?.json.data);
  expect(mail).toMatchObject({ message: { body: "Is it plugged in?", delivery: "MESSAGE_DELIVERY_STORED" } });
  const { customer } = await crm.getCustomer({ customerId: String(mail.customerId) });
  await eventually(async () => {
    const { conversation } = await support.handleTicket({ ticketId });
    return conversation[0]?.delivery === MessageDelivery.SENT;
  });

  const subject = `Re: [${mail.ticketId}] Printer`;
  const body = JSON.stringify({ from_email: customer?.emails[0], subject, text: "It is now." });
  const headers = { ...sign([secret], "mail-1", Date.now(), body) };
  const reply = await fetch(`${url}/inbound/messages`, { method: "POST", headers, body });
  expect(await reply.json()).toMatchObject({ received_as: "RECEIVED_AS_REPLY", ticket_id: ticketId });
  const { conversation } = await support.handleTicket({ ticketId });
  expect(conversation.map((message) => message.body)).toEqual(["Is it plugged in?", "It is now."]);
});
