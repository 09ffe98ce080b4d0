// A ticket service with a clock that the test sets, over a real CRM and real analytics.
import { type Client, createClient } from "@connectrpc/connect";
import { CrmService } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { directTransport } from "../../runtime/calls/direct-transport.ts";
import type { DatabaseLocation } from "../../runtime/database/database.ts";
import type { Policy } from "../../runtime/policy/policy.ts";
import { analyticsModule } from "../../services/analytics/index.ts";
import { crmModule } from "../../services/crm/index.ts";
import { ticketModule } from "../../services/ticket/index.ts";
import { silent } from "../support/desk.ts";

/** The ticket service, with the time under the test's hand. */
export interface ClockedDesk extends AsyncDisposable {
  readonly tickets: Client<typeof TicketService>;
  /** Milliseconds UTC. */
  readonly clock: { ms: number };
  readonly customerId: string;
}

const MEMORY: DatabaseLocation = { kind: "sqlite", file: ":memory:" };

/** Opens it; in memory unless a place is given. */
export async function openClockedDesk(options: {
  readonly startMs: number;
  readonly database?: DatabaseLocation;
  readonly policy?: Policy;
}): Promise<ClockedDesk> {
  const { startMs, database = MEMORY, policy } = options;
  const clock = { ms: startMs };
  const crm = await crmModule({ database: MEMORY, tickets: directTransport([]), log: silent });
  const analytics = await analyticsModule({ database: MEMORY, log: silent });
  const module = await ticketModule({
    ...{ database, crm: directTransport(crm.services), analytics: directTransport(analytics.services) },
    ...(policy && { policy }),
    now: () => clock.ms,
    log: silent,
  });
  module.start?.();
  const { customer } = await createClient(CrmService, directTransport(crm.services)).createCustomer({
    customer: { name: "Ada" },
  });
  return {
    tickets: createClient(TicketService, directTransport(module.services)),
    clock,
    customerId: customer?.id ?? "",
    async [Symbol.asyncDispose]() {
      for (const open of [module, analytics, crm]) await open.close();
    },
  };
}
