// EraseCustomer: the texts of a customer's tickets go, step by step.
import {
  Code,
  ConnectError,
  createClient,
  type HandlerContext,
  type ServiceImpl,
  type Transport,
} from "@connectrpc/connect";
import { AnalyticsService } from "#gen/deskwire/analytics/v1/analytics_service_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import type { Bell } from "../../../runtime/background/bell.ts";
import { methodName, onBehalfOf, originOf } from "../../../runtime/calls/call.ts";
import { write } from "../../../runtime/calls/write.ts";
import type { Database } from "../../../runtime/database/database.ts";
import { fail } from "../../../runtime/errors.ts";
import { formatId } from "../../../runtime/messages/ids.ts";
import type { Policy } from "../../../runtime/policy/policy.ts";
import type { WriteInfo } from "../draft.ts";
import { type EventRow, toEvent } from "../event-store.ts";
import { analyzedTexts, portions } from "./analyzed-texts.ts";
import { ERASER, eraseStep, ticketsToErase } from "./erase.ts";
import { isErased } from "./erased-customers.ts";

const { method } = TicketService;

/** What the erasure stands on. */
export interface ErasureOptions {
  readonly database: Database;
  /** Reaches analytics, which may keep what it read in the texts. */
  readonly analytics: Transport;
  readonly bell: Bell;
  readonly policy: Policy;
  /** Milliseconds UTC. */
  readonly now: () => number;
}

/** Makes the method. */
export function erasureMethods({
  database,
  analytics: transport,
  bell,
  policy,
  now,
}: ErasureOptions): Pick<ServiceImpl<typeof TicketService>, "eraseCustomer"> {
  const { knex, dialect } = database;
  const analytics = createClient(AnalyticsService, transport);

  /**
   * Has analytics forget the tickets that come next. Before their texts go, because afterwards nobody could tell which they
   * were: if this process dies in between, they are told once more.
   */
  async function prepare(customerId: string, context: HandlerContext): Promise<number[]> {
    if (!(await isErased(knex, customerId))) return [];
    const ids = await ticketsToErase(knex, customerId);
    const texts = new Set<string>();
    for (const id of ids) {
      const events: EventRow[] = await knex("event").where({ ticket_id: id }).orderBy("position");
      for (const text of analyzedTexts(events.map(toEvent))) texts.add(text);
    }
    const ticketIds = ids.map((id) => formatId("TKT", id));
    for (const portion of ids.length > 0 ? portions(texts) : []) {
      await analytics.eraseCustomer({ customerId, ticketIds, texts: portion }, onBehalfOf(context)).catch(unavailable);
    }
    return ids;
  }

  return {
    async eraseCustomer(request, context) {
      const { customerId, requestId } = request;
      const prepared = await prepare(customerId, context);
      const call = { method: method.eraseCustomer, request, context, now: now() };
      const info: WriteInfo = {
        ...{ actor: ERASER, clock: now, policy, requestId },
        ...{ method: methodName(method.eraseCustomer), origin: originOf(context) },
      };
      const answer = await write(database, call, (trx) => eraseStep(trx, info, dialect, customerId, prepared));
      bell.ring();
      if (answer.complete) await database.scrub();
      return answer;
    },
  };
}

function unavailable(error: unknown): never {
  if (!(error instanceof ConnectError) || error.code !== Code.Unavailable) throw error;
  throw fail(
    Code.Unavailable,
    "ANALYTICS_UNAVAILABLE",
    "Analytics cannot be reached, and has to forget these texts as well. What was erased before stays erased; call again later to go on.",
  );
}
