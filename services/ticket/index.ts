// The ticket service as a module.
import type { Transport } from "@connectrpc/connect";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { type DatabaseLocation, openDatabase } from "../../runtime/database/database.ts";
import { pruneHourly } from "../../runtime/idempotency.ts";
import { type Log, logToStderr } from "../../runtime/log.ts";
import type { ServiceModule } from "../../runtime/module.ts";
import { bindService } from "../../runtime/service.ts";
import { CustomerDirectory } from "./customer-directory.ts";
import { migrations } from "./migrations.ts";
import { ticketService } from "./service.ts";
import { EventBell } from "./watch.ts";

/** What the ticket service stands on. */
export interface TicketOptions {
  readonly database: DatabaseLocation;
  /** Reaches the CRM, which knows the customers. */
  readonly crm: Transport;
  readonly now?: () => number;
  readonly log?: Log;
}

/** Opens the ticket service. */
export async function ticketModule({
  database: location,
  crm,
  now = Date.now,
  log = logToStderr,
}: TicketOptions): Promise<ServiceModule> {
  const database = await openDatabase({ name: "ticket", location, migrations, log });
  const closing = new AbortController();
  const stopPruning = pruneHourly(database, log);
  const customers = new CustomerDirectory(crm);
  const bell = new EventBell();
  return {
    service: bindService(
      TicketService,
      ticketService({ database, customers, bell, closing: closing.signal, now }),
      log,
    ),
    ready: () => database.ping(),
    drain: () => closing.abort(),
    async close() {
      closing.abort();
      stopPruning();
      await database.close();
    },
  };
}
