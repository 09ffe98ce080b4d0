// The CRM as a module.
import type { Transport } from "@connectrpc/connect";
import { CrmService } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import { confine } from "../../runtime/calls/confinement.ts";
import { pruneHourly } from "../../runtime/calls/idempotency.ts";
import { bindService } from "../../runtime/calls/service.ts";
import type { ToolPolicies } from "../../runtime/calls/tool-policy.ts";
import { type DatabaseLocation, openDatabase } from "../../runtime/database/database.ts";
import { type Log, logToStderr } from "../../runtime/log.ts";
import type { ServiceModule } from "../../runtime/module.ts";
import { CONFINEMENT } from "./confinement.ts";
import { readerMetrics } from "./metrics.ts";
import { migrations } from "./migrations.ts";
import { crmService } from "./service.ts";
import { keepTicketNotes, type ReaderStats } from "./ticket-notes.ts";

/** What the CRM stands on. */
export interface CrmOptions {
  readonly database: DatabaseLocation;
  /** Reaches the ticket service, whose log asks for notes. */
  readonly tickets: Transport;
  /** What AI agents may do by themselves; everything if left out. */
  readonly policies?: ToolPolicies;
  readonly now?: () => number;
  readonly log?: Log;
}

/** Opens the CRM. */
export async function crmModule({
  database: location,
  tickets,
  policies = {},
  now = Date.now,
  log = logToStderr,
}: CrmOptions): Promise<ServiceModule> {
  const database = await openDatabase({ name: "crm", location, migrations, log });
  const closing = new AbortController();
  const stopPruning = pruneHourly(database, log);
  const notes: ReaderStats = { failures: 0 };
  let reading: Promise<void> | undefined;
  return {
    services: [bindService(CrmService, confine(CrmService, crmService(database, now, policies), CONFINEMENT), log)],
    metrics: [...database.metrics, ...readerMetrics(database, notes)],
    start() {
      reading = keepTicketNotes(database, tickets, closing.signal, notes, log);
    },
    ready: () => database.ping(),
    drain: () => closing.abort(),
    async close() {
      closing.abort();
      stopPruning();
      await reading;
      await database.close();
    },
  };
}
