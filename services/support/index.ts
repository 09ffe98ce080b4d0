// The support service as a module. It keeps nothing: the CRM, the ticket service and analytics do.
import { createClient, type Transport } from "@connectrpc/connect";
import { AnalyticsService } from "#gen/deskwire/analytics/v1/analytics_service_pb.js";
import { MetricsService } from "#gen/deskwire/analytics/v1/metrics_service_pb.js";
import { CrmService } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import { SupportService } from "#gen/deskwire/support/v1/support_service_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { WebhookService } from "#gen/deskwire/ticket/v1/webhook_service_pb.js";
import { confine } from "../../runtime/calls/confinement.ts";
import { bindService } from "../../runtime/calls/service.ts";
import { type Log, logToStderr } from "../../runtime/log.ts";
import type { ServiceModule } from "../../runtime/module.ts";
import { CONFINEMENT, customerOfTicket } from "./confinement.ts";
import { supportService } from "./service.ts";

/** What the support service stands on: the ways to the other three. */
export interface SupportOptions {
  readonly crm: Transport;
  readonly tickets: Transport;
  readonly analytics: Transport;
  readonly log?: Log;
}

/** Makes the support service. */
export function supportModule({ crm, tickets, analytics, log = logToStderr }: SupportOptions): ServiceModule {
  const clients = {
    crm: createClient(CrmService, crm),
    tickets: createClient(TicketService, tickets),
    analytics: createClient(AnalyticsService, analytics),
    metrics: createClient(MetricsService, analytics),
    webhooks: createClient(WebhookService, tickets),
  };
  const service = supportService(clients, log);
  const confined = confine(SupportService, service, CONFINEMENT, customerOfTicket(clients));
  return {
    services: [bindService(SupportService, confined, log)],
    ready: async () => {},
    close: async () => {},
  };
}
