// Writes that are sent twice.
import { expect } from "vitest";
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import { Sentiment } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import { TicketStatus } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { REPLAYED_HEADER } from "../../../runtime/calls/call.ts";
import {
  type Case,
  type Clients,
  disabledWebhook,
  newCustomer,
  newTicket,
  refusalOf,
  stateOf,
  unique,
} from "../case.ts";

type Options = { onHeader(headers: Headers): void };
/** A write with a request id, and something else that the same id must not stand for. */
type Write = (clients: Clients) => Promise<(requestId: string, other: boolean, options: Options) => Promise<unknown>>;

const NO_WEBHOOK = "WHK-999999999999999";
const NO_CORRECTION = "COR-999999999999999";
/** The engine reads it rightly, so that learning it changes nothing for other cases. */
const HAPPY = "Thank you so much, this is wonderful!";

/** A reply that waits for a person, because of an address that is not in the ticket. */
async function heldReply(clients: Clients): Promise<string> {
  const { id: ticketId } = await newTicket(clients);
  const reply = { ticketId, response: "Ask eve@elsewhere.example.", author: { kind: ActorKind.AI } };
  return (await clients.tickets.respondToTicket(reply)).approval?.id ?? "";
}

const WRITES: Readonly<Record<string, Write>> = {
  "CrmService.CreateCustomer":
    async ({ crm }) =>
    (requestId, other, options) =>
      crm.createCustomer({ customer: { name: other ? "Eve" : "Ada" }, requestId }, options),
  "CrmService.EnsureCustomers":
    async ({ crm }) =>
    (requestId, other, options) =>
      crm.ensureCustomers(
        { customers: [{ name: "Ada", key: { case: "externalId", value: other ? "b" : "a" } }], requestId },
        options,
      ),
  "CrmService.UpdateCustomer": async (clients) => {
    const id = await newCustomer(clients);
    return (requestId, other, options) =>
      clients.crm.updateCustomer({ customer: { id, plan: other ? "a" : "b" }, requestId }, options);
  },
  "CrmService.AddNote": async (clients) => {
    const customerId = await newCustomer(clients);
    const author = { kind: ActorKind.AGENT };
    return (requestId, other, options) =>
      clients.crm.addNote({ note: { customerId, author, body: other ? "a" : "b" }, requestId }, options);
  },
  "TicketService.CreateTicket": async (clients) => {
    const customerId = await newCustomer(clients);
    return (requestId, other, options) =>
      clients.tickets.createTicket({ ticket: { customerId, subject: other ? "a" : "b" }, requestId }, options);
  },
  "TicketService.UpdateTicket": async (clients) => {
    const { id, etag } = await newTicket(clients);
    return (requestId, other, options) =>
      clients.tickets.updateTicket({ ticket: { id, etag, team: other ? "a" : "b" }, requestId }, options);
  },
  "TicketService.RespondToTicket": async (clients) => {
    const { id: ticketId, etag } = await newTicket(clients);
    return (requestId, other, options) =>
      clients.tickets.respondToTicket({ ticketId, etag, response: other ? "a" : "b", requestId }, options);
  },
  "TicketService.RecordCustomerReply": async (clients) => {
    const { id: ticketId } = await newTicket(clients);
    return (requestId, other, options) =>
      clients.tickets.recordCustomerReply({ ticketId, body: other ? "a" : "b", requestId }, options);
  },
  "TicketService.AddInternalNote": async (clients) => {
    const { id: ticketId } = await newTicket(clients);
    return (requestId, other, options) =>
      clients.tickets.addInternalNote({ ticketId, body: other ? "a" : "b", requestId }, options);
  },
  "TicketService.ChangeStatus": async (clients) => {
    const { id: ticketId, etag } = await newTicket(clients);
    const { RESOLVED, CLOSED } = TicketStatus;
    return (requestId, other, options) =>
      clients.tickets.changeStatus({ ticketId, etag, status: other ? RESOLVED : CLOSED, requestId }, options);
  },
  "TicketService.MergeTickets": async (clients) => {
    const into = await newTicket(clients);
    const { customerId } = into;
    const [a, b] = [await newTicket(clients, { customerId }), await newTicket(clients, { customerId })];
    return (requestId, other, options) =>
      clients.tickets.mergeTickets({ ticketId: other ? a.id : b.id, intoTicketId: into.id, requestId }, options);
  },
  "TicketService.CreateFollowUp": async (clients) => {
    const { id: ticketId } = await newTicket(clients, { status: TicketStatus.CLOSED });
    return (requestId, other, options) =>
      clients.tickets.createFollowUp({ ticketId, description: other ? "a" : "b", requestId }, options);
  },
  "TicketService.DecideApproval": async (clients) => {
    const approvalId = await heldReply(clients);
    return (requestId, other, options) =>
      clients.tickets.decideApproval({ approvalId, decision: 1, comment: other ? "a" : "b", requestId }, options);
  },
  "SupportService.DecideApproval": async (clients) => {
    const approvalId = await heldReply(clients);
    return (requestId, other, options) =>
      clients.support.decideApproval({ approvalId, decision: 2, comment: other ? "a" : "b", requestId }, options);
  },
  "TicketService.ReceiveMessage":
    async ({ tickets }) =>
    (requestId, other, options) =>
      tickets.receiveMessage({ fromEmail: "ada@example.com", text: other ? "a" : "b", requestId }, options),
  "MetricsService.RebuildMetrics":
    async ({ metrics }) =>
    (requestId, other, options) =>
      metrics.rebuildMetrics({ reason: other ? "a" : "b", requestId }, options),
  "WebhookService.CreateWebhook":
    async ({ webhooks }) =>
    (requestId, other, options) => {
      const webhook = { url: "https://1.1.1.1/", disabled: true, description: other ? "a" : "b" };
      return webhooks.createWebhook({ webhook, requestId }, options);
    },
  "WebhookService.UpdateWebhook": async (clients) => {
    const id = await disabledWebhook(clients);
    return (requestId, other, options) =>
      clients.webhooks.updateWebhook({ webhook: { id, url: `https://1.1.1.1/${other}` }, requestId }, options);
  },
  "WebhookService.DeleteWebhook": async (clients) => {
    const webhookId = await disabledWebhook(clients);
    return (requestId, other, options) =>
      clients.webhooks.deleteWebhook({ webhookId: other ? NO_WEBHOOK : webhookId, requestId }, options);
  },
  "WebhookService.RotateWebhookSecret": async (clients) => {
    const webhookId = await disabledWebhook(clients);
    return (requestId, other, options) =>
      clients.webhooks.rotateWebhookSecret({ webhookId: other ? NO_WEBHOOK : webhookId, requestId }, options);
  },
  "WebhookService.ReplayWebhookDeliveries": async (clients) => {
    const webhookId = await disabledWebhook(clients);
    return (requestId, other, options) =>
      clients.webhooks.replayWebhookDeliveries({ webhookId: other ? NO_WEBHOOK : webhookId, requestId }, options);
  },
  "SupportService.RespondToTicket": async (clients) => {
    const { id: ticketId, etag } = await newTicket(clients);
    return (requestId, other, options) =>
      clients.support.respondToTicket({ ticketId, etag, response: other ? "a" : "b", requestId }, options);
  },
  "SupportService.OpenTicket": async (clients) => {
    const customerId = await newCustomer(clients);
    return (requestId, other, options) =>
      clients.support.openTicket({ customerId, subject: "x", description: other ? "a" : "b", requestId }, options);
  },
  "SupportService.RecordCustomerReply": async (clients) => {
    const { id: ticketId } = await newTicket(clients);
    return (requestId, other, options) =>
      clients.support.recordCustomerReply({ ticketId, body: other ? "a" : "b", requestId }, options);
  },
  "SupportService.UpdateTicket": async (clients) => {
    const { id: ticketId, etag } = await newTicket(clients);
    return (requestId, other, options) =>
      clients.support.updateTicket({ ticketId, etag, team: other ? "a" : "b", requestId }, options);
  },
  "SupportService.AddInternalNote": async (clients) => {
    const { id: ticketId } = await newTicket(clients);
    return (requestId, other, options) =>
      clients.support.addInternalNote({ ticketId, body: other ? "a" : "b", requestId }, options);
  },
  "SupportService.MergeTickets": async (clients) => {
    const into = await newTicket(clients);
    const { customerId } = into;
    const [a, b] = [await newTicket(clients, { customerId }), await newTicket(clients, { customerId })];
    return (requestId, other, options) =>
      clients.support.mergeTickets({ ticketId: other ? a.id : b.id, intoTicketId: into.id, requestId }, options);
  },
  "AnalyticsService.CorrectAnalysis":
    async ({ analytics }) =>
    (requestId, other, options) => {
      const sentiment = other ? Sentiment.NEUTRAL : Sentiment.POSITIVE;
      return analytics.correctAnalysis(
        { text: HAPPY, sentiment, author: { kind: ActorKind.AGENT }, requestId },
        options,
      );
    },
  "AnalyticsService.UndoCorrection": async ({ analytics }) => {
    const actor = { kind: ActorKind.AGENT };
    const { correction } = await analytics.correctAnalysis({
      text: HAPPY,
      sentiment: Sentiment.POSITIVE,
      author: actor,
    });
    return (requestId, other, options) =>
      analytics.undoCorrection(
        { correctionId: other ? NO_CORRECTION : (correction?.id ?? ""), actor, requestId },
        options,
      );
  },
  "SupportService.CorrectAnalysis": async (clients) => {
    const { id: ticketId } = await newTicket(clients, { description: HAPPY });
    return (requestId, other, options) => {
      const sentiment = other ? Sentiment.NEUTRAL : Sentiment.POSITIVE;
      return clients.support.correctAnalysis({ ticketId, sentiment, requestId }, options);
    };
  },
  "SupportService.UndoCorrection": async ({ analytics, support }) => {
    const author = { kind: ActorKind.AGENT };
    const { correction } = await analytics.correctAnalysis({ text: HAPPY, sentiment: Sentiment.POSITIVE, author });
    return (requestId, other, options) =>
      support.undoCorrection({ correctionId: other ? NO_CORRECTION : (correction?.id ?? ""), requestId }, options);
  },
  "CrmService.EraseCustomer": async (clients) => {
    const [one, another] = [await newCustomer(clients), await newCustomer(clients)];
    return (requestId, other, options) =>
      clients.crm.eraseCustomer({ customerId: other ? another : one, requestId }, options);
  },
  "TicketService.EraseCustomer": async (clients) => {
    const [one, another] = [await newCustomer(clients), await newCustomer(clients)];
    return (requestId, other, options) =>
      clients.tickets.eraseCustomer({ customerId: other ? another : one, requestId }, options);
  },
  "AnalyticsService.EraseCustomer": async (clients) => {
    const [one, another] = [await newCustomer(clients), await newCustomer(clients)];
    return (requestId, other, options) =>
      clients.analytics.eraseCustomer({ customerId: other ? another : one, requestId }, options);
  },
  "SupportService.EraseCustomer": async (clients) => {
    const [one, another] = [await newTicket(clients), await newTicket(clients)];
    return (requestId, other, options) =>
      clients.support.eraseCustomer({ customerId: (other ? another : one).customerId, requestId }, options);
  },
  "SupportService.AddCustomerNote": async (clients) => {
    const customerId = await newCustomer(clients);
    return (requestId, other, options) =>
      clients.support.addCustomerNote({ customerId, note: other ? "a" : "b", requestId }, options);
  },
};

/** The methods that `replayCases` sends twice, such as `TicketService.CreateTicket`. */
export const replayedMethods = Object.keys(WRITES);

export const replayCases: readonly Case[] = [
  ...Object.entries(WRITES).map(
    ([method, prepare]): Case => ({
      name: `${method} sent again answers what it answered first; the same request_id for something else is refused`,
      async run(clients) {
        const write = await prepare(clients);
        const requestId = unique();
        const replayed: (string | null)[] = [];
        const options = { onHeader: (headers: Headers) => void replayed.push(headers.get(REPLAYED_HEADER)) };
        const first = await write(requestId, false, options);
        expect(await write(requestId, false, options)).toEqual(first);
        expect(replayed).toEqual([null, "true"]);
        expect(await refusalOf(write(requestId, true, options))).toMatchObject({
          ...{ code: "AlreadyExists", reason: "REQUEST_ID_REUSED", metadata: { request_id: requestId } },
        });
      },
    }),
  ),
  {
    name: "a write that was refused leaves its request_id free",
    async run(clients) {
      const { id: ticketId } = await newTicket(clients);
      const requestId = unique();
      const request = { ticketId, response: "x", requestId };
      await refusalOf(clients.tickets.respondToTicket({ ...request, etag: "v77" }));
      expect((await clients.tickets.respondToTicket(request)).ticket?.messageCount).toBe(1);
    },
  },
  {
    name: "the same write sent five times at once is done once",
    async run(clients) {
      const { id: ticketId } = await newTicket(clients);
      const request = { ticketId, response: "x", requestId: unique(), addCustomerNote: true };
      const answers = await Promise.all(Array.from({ length: 5 }, () => clients.tickets.respondToTicket(request)));
      expect(new Set(answers.map(({ message }) => message?.id)).size).toBe(1);
      expect((await stateOf(clients, ticketId)).messages).toHaveLength(1);
    },
  },
  {
    name: "a request_id that is too long is refused",
    async run(clients) {
      const requestId = "x".repeat(129);
      const refusal = await refusalOf(clients.crm.createCustomer({ customer: { name: "Ada" }, requestId }));
      expect(refusal).toMatchObject({ reason: "VALIDATION_FAILED", fields: ["request_id"] });
    },
  },
];
