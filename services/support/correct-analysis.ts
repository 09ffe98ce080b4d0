// CorrectAnalysis: teaches analytics what HandleTicket showed wrongly of a ticket.
import { hash } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { Actor } from "#gen/deskwire/actor/v1/actor_pb.js";
import type {
  CorrectAnalysisRequest,
  CorrectAnalysisResponseSchema,
} from "#gen/deskwire/support/v1/support_service_pb.js";
import { AUTOMATIC_ID, onBehalfOf, writeOnBehalfOf } from "../../runtime/calls/call.ts";
import { requestIdReused } from "../../runtime/calls/idempotency.ts";
import { reasonOf } from "../../runtime/errors.ts";
import type { Log } from "../../runtime/log.ts";
import { type Clients, needed, Parts, partOptions } from "./clients.ts";
import { textsOf, toTicketAnalysis } from "./ticket-analysis.ts";

/** Messages among which the customer's last is looked for: as many as HandleTicket looks at. */
const MESSAGES = 30;

/**
 * The key of one of the corrections that a request comes to. The text is part of it: once the customer has written again, the
 * same request means another text.
 */
function keyFor(requestId: string, text: string): string {
  if (requestId === "") return "";
  const key = hash("sha256", JSON.stringify([requestId, text]), "base64url");
  return requestId.startsWith(AUTOMATIC_ID) ? AUTOMATIC_ID + key : key;
}

/** Waits for a correction; a key that stands for something else is told as the caller chose it. */
async function stored<T>(call: Promise<T>, requestId: string): Promise<T> {
  try {
    return await needed("analytics", call);
  } catch (error) {
    throw reasonOf(error) === "REQUEST_ID_REUSED" ? requestIdReused(requestId) : error;
  }
}

/** Answers CorrectAnalysis. What the customer wrote first and last are two texts, so that there may be two corrections. */
export async function correctAnalysis(
  { tickets, analytics }: Clients,
  { ticketId, sentiment = 0, category = 0, requestId }: CorrectAnalysisRequest,
  author: Actor,
  context: HandlerContext,
  log: Log,
): Promise<MessageInitShape<typeof CorrectAnalysisResponseSchema>> {
  const found = await needed("tickets", tickets.getTicket({ ticketId, messageLimit: MESSAGES }, onBehalfOf(context)));
  if (!found.ticket) throw new TypeError("GetTicket answered without a ticket");
  const { customerId } = found.ticket;
  const texts = textsOf(found.ticket, found.messages);
  const [first, last] = texts;
  const said =
    first === last
      ? [{ text: first, category, sentiment }]
      : [
          { text: first, category, sentiment: 0 },
          { text: last, category: 0, sentiment },
        ];
  const corrections = [];
  for (const one of said.filter((it) => it.category !== 0 || it.sentiment !== 0)) {
    const request = { ...one, ticketId, customerId, author, requestId: keyFor(requestId, one.text) };
    const call = analytics.correctAnalysis(request, writeOnBehalfOf(context));
    const { correction } = await stored(call, requestId);
    if (correction) corrections.push(correction);
  }
  const parts = new Parts(context, log);
  const analyses = await parts.part("analysis", "analytics", analytics.batchAnalyze({ texts }, partOptions(context)));
  return { corrections, analysis: analyses && toTicketAnalysis(analyses.analyses) };
}
