// A CRM and a ticket service on a clock that tests move.
import { type Client, createClient, type Transport } from "@connectrpc/connect";
import { CrmService } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { type Webhook, WebhookDeliveryState } from "#gen/deskwire/ticket/v1/webhook_pb.js";
import { WebhookService } from "#gen/deskwire/ticket/v1/webhook_service_pb.js";
import { directTransport } from "../../runtime/calls/direct-transport.ts";
import type { ServiceModule } from "../../runtime/module.ts";
import { analyticsModule } from "../../services/analytics/index.ts";
import { crmModule } from "../../services/crm/index.ts";
import { type TicketOptions, ticketModule } from "../../services/ticket/index.ts";
import { type DIALECTS, temporaryDatabase } from "../support/databases.ts";

const silent = () => {};

/** A time that stands still until it is moved, in milliseconds UTC. */
class Clock {
  ms = Date.UTC(2026, 0, 5, 9);
  readonly now = (): number => this.ms;
}

export interface WebhookDesk extends AsyncDisposable {
  readonly clock: Clock;
  readonly crm: Client<typeof CrmService>;
  readonly tickets: Client<typeof TicketService>;
  readonly webhooks: Client<typeof WebhookService>;
  readonly module: ServiceModule;
  readonly logged: string[];
  /** The database of the ticket service. */
  readonly location: TicketOptions["database"];
  /** Adds a webhook; answers it with its secret. */
  add(fields: Partial<Webhook>): Promise<{ id: string; secret: string }>;
  /** Opens a ticket; answers its identifier. */
  openTicket(): Promise<string>;
  /** Answers a ticket; answers the message's identifier. */
  respond(ticketId: string, response?: string): Promise<string>;
  /** Moves the clock, and lets the service look at it. */
  advance(ms: number): Promise<void>;
  deliveryOf(ticketId: string, messageId: string): Promise<number | undefined>;
  deadLetters(): Promise<{ id: string; lastError: string }[]>;
  /** Opens the ticket service once more on its database; it begins to send with `start`. */
  another(): Promise<ServiceModule>;
}

export async function openWebhookDesk(
  dialect: (typeof DIALECTS)[number] = "sqlite",
  options: Partial<TicketOptions> = {},
): Promise<WebhookDesk> {
  const place = await temporaryDatabase(dialect);
  const clock = new Clock();
  const logged: string[] = [];
  const modules: ServiceModule[] = [];
  const noTickets: Transport = directTransport([]);
  const crmPart = await crmModule({ database: { kind: "sqlite", file: ":memory:" }, tickets: noTickets, log: silent });
  const crmTransport = directTransport(crmPart.services);
  const analyticsPart = await analyticsModule({ database: { kind: "sqlite", file: ":memory:" }, log: silent });
  const another = async () => {
    const module = await ticketModule({
      database: place.location,
      crm: crmTransport,
      analytics: directTransport(analyticsPart.services),
      webhookNetworks: ["127.0.0.0/8"],
      now: clock.now,
      log: (message) => message !== "migrated" && logged.push(message),
      ...options,
    });
    modules.push(module);
    return module;
  };
  const module = await another();
  const transport = directTransport(module.services);
  const crm = createClient(CrmService, crmTransport);
  const tickets = createClient(TicketService, transport);
  const webhooks = createClient(WebhookService, transport);
  const { customer } = await crm.createCustomer({ customer: { name: "Ada", emails: ["ada@example.com"] } });
  return {
    ...{ clock, crm, tickets, webhooks, module, logged, another },
    location: place.location,
    async add(fields) {
      const { webhook, secret } = await webhooks.createWebhook({ webhook: fields as never });
      return { id: webhook?.id ?? "", secret };
    },
    async openTicket() {
      const { ticket } = await tickets.createTicket({ ticket: { subject: "Printer", customerId: customer?.id ?? "" } });
      return ticket?.id ?? "";
    },
    async respond(ticketId, response = "Have you tried turning it off and on again?") {
      return (await tickets.respondToTicket({ ticketId, response })).message?.id ?? "";
    },
    async advance(ms) {
      clock.ms += ms;
      const [webhook] = (await webhooks.listWebhooks({})).webhooks;
      await webhooks.replayWebhookDeliveries({ webhookId: webhook?.id ?? "", deliveryIds: [`msg_${"0".repeat(32)}`] });
    },
    async deliveryOf(ticketId, messageId) {
      return (await tickets.getTicket({ ticketId })).messages.find(({ id }) => id === messageId)?.delivery;
    },
    async deadLetters() {
      return (await webhooks.listWebhookDeliveries({ state: WebhookDeliveryState.DEAD })).deliveries;
    },
    async [Symbol.asyncDispose]() {
      for (const open of modules) await open.close();
      await crmPart.close();
      await analyticsPart.close();
      await place.remove();
    },
  };
}
