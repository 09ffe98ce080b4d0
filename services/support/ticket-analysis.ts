// How a ticket reads: which of its texts are analyzed, and what is shown of that.
import { create } from "@bufbuild/protobuf";
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import type { Analysis } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import { type TicketAnalysis, TicketAnalysisSchema } from "#gen/deskwire/support/v1/case_pb.js";
import type { TicketMessage } from "#gen/deskwire/ticket/v1/message_pb.js";
import type { Ticket } from "#gen/deskwire/ticket/v1/ticket_pb.js";

/** Words shown for one thing: a model pays for each, and the first say most. */
const MAX_EVIDENCE = 5;

/**
 * What the customer wrote first, and what they wrote last: the subject is in the first, mood and urgency in the last.
 *
 * @param conversation its latest messages, the oldest first
 */
export function textsOf(ticket: Ticket, conversation: readonly TicketMessage[]): [first: string, last: string] {
  const first = `${ticket.subject}\n${ticket.description}`;
  const last = conversation.findLast(({ author }) => author?.kind === ActorKind.CUSTOMER)?.body;
  return [first, last ?? first];
}

/** To three digits: a model pays for more, and they mean nothing. */
const rounded = (value: number) => Math.round(value * 1000) / 1000;

/** What is shown of the analyses of those two texts; undefined where one of them is missing. */
export function toTicketAnalysis([first, last]: readonly Analysis[]): TicketAnalysis | undefined {
  const { categorization } = first ?? {};
  const { sentiment, urgency, language } = last ?? {};
  if (!first || !last || !categorization || !sentiment || !urgency) return undefined;
  return create(TicketAnalysisSchema, {
    sentiment: sentiment.sentiment,
    category: categorization.primaryCategory,
    sentimentScore: rounded(sentiment.score),
    sentimentConfidence: rounded(sentiment.confidence),
    categoryConfidence: rounded(categorization.confidence),
    engine: first.engine,
    urgency: urgency.urgency,
    urgencyConfidence: rounded(urgency.confidence),
    language: language ?? "",
    sentimentEvidence: sentiment.evidence.slice(0, MAX_EVIDENCE),
    categoryEvidence: categorization.evidence.slice(0, MAX_EVIDENCE),
    urgencyEvidence: urgency.evidence.slice(0, MAX_EVIDENCE),
    corrected: first.corrected || last.corrected,
  });
}
