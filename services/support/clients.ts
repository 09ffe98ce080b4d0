// The services that support stands on, and the two ways to ask them.
import { type CallOptions, type Client, Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import type { AnalyticsService } from "#gen/deskwire/analytics/v1/analytics_service_pb.js";
import type { MetricsService } from "#gen/deskwire/analytics/v1/metrics_service_pb.js";
import type { CrmService } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import type { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import type { WebhookService } from "#gen/deskwire/ticket/v1/webhook_service_pb.js";
import { onBehalfOf } from "../../runtime/calls/call.ts";
import { fail, reasonOf } from "../../runtime/errors.ts";
import type { Log } from "../../runtime/log.ts";

/** Clients of the other services. */
export interface Clients {
  readonly crm: Client<typeof CrmService>;
  readonly tickets: Client<typeof TicketService>;
  readonly analytics: Client<typeof AnalyticsService>;
  readonly metrics: Client<typeof MetricsService>;
  readonly webhooks: Client<typeof WebhookService>;
}

const NAMES = {
  crm: "The CRM",
  tickets: "The ticket service",
  webhooks: "The ticket service",
  analytics: "Analytics",
  metrics: "Analytics",
} as const;

/** How long an answer waits for one part of it, in milliseconds, so that one slow service does not cost the whole. */
const PART_TIMEOUT_MS = 3_000;
/** How much of the time that the caller still has a part may take; the rest is for answering without it. */
const PART_SHARE = 0.8;

/** Options for a call that brings one part of an answer. */
export function partOptions(context: HandlerContext): CallOptions {
  const left = context.timeoutMs() ?? Number.POSITIVE_INFINITY;
  return onBehalfOf(context, Math.min(PART_TIMEOUT_MS, left * PART_SHARE));
}

/**
 * Waits for an answer that cannot be done without.
 *
 * @throws ConnectError what the service said; `unavailable` (SERVICE_UNAVAILABLE) with its name when it cannot be reached
 */
export async function needed<T>(service: keyof Clients, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const reason = reasonOf(error);
    // An error with a reason of its own says what is missing, such as the CRM behind the ticket service.
    if (!(error instanceof ConnectError) || error.code !== Code.Unavailable) throw error;
    if (reason !== undefined && reason !== "CONNECTION_LOST") throw error;
    throw fail(
      Code.Unavailable,
      "SERVICE_UNAVAILABLE",
      `${NAMES[service]} cannot be reached. Try again later, with the same request_id if this was a write.`,
      { service },
    );
  }
}

/** A part that could not be had, in plain fields. */
export interface Missing {
  readonly part: string;
  readonly message: string;
}

/** Gathers the parts of an answer that can do without some of them. */
export class Parts {
  readonly missing: Missing[] = [];
  readonly #context: HandlerContext;
  readonly #log: Log;

  constructor(context: HandlerContext, log: Log) {
    this.#context = context;
    this.#log = log;
  }

  /**
   * Waits for what brings these parts; when it cannot be had, notes that they are missing. A caller who has hung up gets no
   * answer at all.
   */
  async part<T>(names: string | readonly string[], service: keyof Clients, call: Promise<T>): Promise<T | undefined> {
    try {
      return await call;
    } catch (error) {
      if (this.#context.signal.aborted) throw error;
      this.#log("a part of an answer is missing", { part: names, error }, "warn");
      const message = `${NAMES[service]} did not answer. The rest is complete; call again later if you need this part.`;
      for (const part of [names].flat()) this.missing.push({ part, message });
      return undefined;
    }
  }
}
