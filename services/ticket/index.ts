// The ticket service as a module, with webhooks out of its log and messages that come in.
import { createClient, type Transport } from "@connectrpc/connect";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { WebhookService } from "#gen/deskwire/ticket/v1/webhook_service_pb.js";
import { Bell } from "../../runtime/background/bell.ts";
import { confine } from "../../runtime/calls/confinement.ts";
import { directTransport } from "../../runtime/calls/direct-transport.ts";
import { pruneHourly } from "../../runtime/calls/idempotency.ts";
import { bindService } from "../../runtime/calls/service.ts";
import type { ToolPolicies } from "../../runtime/calls/tool-policy.ts";
import { type DatabaseLocation, openDatabase } from "../../runtime/database/database.ts";
import { type Log, logToStderr } from "../../runtime/log.ts";
import type { ServiceModule } from "../../runtime/module.ts";
import type { Policy } from "../../runtime/policy/policy.ts";
import { readPolicy } from "../../runtime/policy/read-policy.ts";
import { HOUR_MS } from "../../runtime/time-units.ts";
import { expireMinutely } from "./approvals/expiry.ts";
import { CONFINEMENT, customerOfTicket } from "./confinement.ts";
import { CustomerDirectory } from "./customer-directory.ts";
import { inboundRoute } from "./inbound/route.ts";
import { ticketMetrics } from "./metrics.ts";
import { migrations } from "./migrations.ts";
import { CatchUp } from "./priority/catch-up.ts";
import { TextReader } from "./priority/text-reader.ts";
import { ticketService } from "./service.ts";
import { POLL_MS } from "./watch.ts";
import { Dispatcher } from "./webhooks/dispatcher.ts";
import { webhookService } from "./webhooks/service.ts";
import { targets as allowTargets } from "./webhooks/target.ts";

/** What the ticket service stands on. */
export interface TicketOptions {
  readonly database: DatabaseLocation;
  /** Reaches the CRM, which knows the customers. */
  readonly crm: Transport;
  /** Reaches analytics, which reads what customers write. */
  readonly analytics: Transport;
  /** The desk's own rules; the built-in ones if left out. */
  readonly policy?: Policy;
  /** Private networks that webhooks may reach; none if left out. */
  readonly webhookNetworks?: readonly string[];
  /** Secrets that sign messages from outside; without any, none are taken. */
  readonly inboundSecrets?: readonly string[];
  /** What AI agents may do by themselves; everything if left out. */
  readonly policies?: ToolPolicies;
  /** How long a call waits for a person, in hours; 72 if left out. */
  readonly approvalHours?: number;
  /** What replies of AI agents may name although the ticket does not: hosts, addresses, telephone numbers. */
  readonly replyAllowlist?: readonly string[];
  readonly now?: () => number;
  readonly log?: Log;
}

/** Opens the ticket service. */
export async function ticketModule({
  database: location,
  crm,
  analytics,
  policy = readPolicy(),
  webhookNetworks = [],
  inboundSecrets = [],
  policies = {},
  approvalHours = 72,
  replyAllowlist: allowed = [],
  now = Date.now,
  log = logToStderr,
}: TicketOptions): Promise<ServiceModule> {
  const database = await openDatabase({ name: "ticket", location, migrations, log });
  const closing = new AbortController();
  const stopPruning = pruneHourly(database, log);
  const customers = new CustomerDirectory(crm, log);
  const reader = new TextReader(analytics, log);
  const bell = new Bell(POLL_MS);
  const catchUp = new CatchUp({ database, policy, reader, bell, now, log });
  const lifetimeMs = approvalHours * HOUR_MS;
  const stopExpiring = expireMinutely(database, now, log, () => bell.ring());
  const targets = allowTargets(webhookNetworks);
  const dispatcher = new Dispatcher({ database, targets, bell, now, log });
  const options = {
    ...{ database, analytics, customers, reader, catchUp, policy, bell, closing: closing.signal },
    ...{ policies, lifetimeMs, allowed, now },
  };
  const service = ticketService(options);
  const confined = confine(TicketService, service, CONFINEMENT, customerOfTicket(database.knex));
  const tickets = bindService(TicketService, confined, log);
  const webhooks = bindService(
    WebhookService,
    confine(WebhookService, webhookService({ database, targets, bell, now }), "refused"),
    log,
  );
  const own = createClient(TicketService, directTransport([tickets]));
  return {
    services: [tickets, webhooks],
    routes: { "/inbound/messages": inboundRoute({ secrets: inboundSecrets, tickets: own, now }) },
    metrics: [...database.metrics, ...ticketMetrics(database)],
    start() {
      dispatcher.start();
      catchUp.start();
    },
    ready: () => database.ping(),
    drain: () => closing.abort(),
    async close() {
      closing.abort();
      stopPruning();
      stopExpiring();
      await dispatcher.stop();
      await catchUp.stop();
      await database.close();
    },
  };
}
