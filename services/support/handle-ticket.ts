// HandleTicket: all that an agent needs to know of a ticket, in one answer.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import type { Analysis } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import { type TicketAnalysis, TicketAnalysisSchema } from "#gen/deskwire/support/v1/case_pb.js";
import type { HandleTicketRequest, HandleTicketResponseSchema } from "#gen/deskwire/support/v1/support_service_pb.js";
import type { TicketMessage } from "#gen/deskwire/ticket/v1/message_pb.js";
import { type Ticket, TicketStatus } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { onBehalfOf } from "../../runtime/call.ts";
import type { Log } from "../../runtime/log.ts";
import { type Clients, needed, Parts, partOptions } from "./clients.ts";
import { summaries } from "./summary.ts";

const MESSAGES = 30;
const NOTES = 5;
const OTHER_TICKETS = 10;
const ANONYMOUS = "anonymous";

/** What the customer wrote first, and what they wrote last: the subject is in the first, the mood in the last. */
function textsOf(ticket: Ticket, conversation: readonly TicketMessage[]): [first: string, last: string] {
  const first = `${ticket.subject}\n${ticket.description}`;
  const last = conversation.findLast(({ author }) => author?.kind === ActorKind.CUSTOMER)?.body;
  return [first, last ?? first];
}

/** To three digits: a model pays for more, and they mean nothing. */
const rounded = (value: number) => Math.round(value * 1000) / 1000;

function toTicketAnalysis([first, last]: readonly Analysis[]): TicketAnalysis | undefined {
  if (!first?.categorization || !last?.sentiment) return undefined;
  return create(TicketAnalysisSchema, {
    sentiment: last.sentiment.sentiment,
    category: first.categorization.primaryCategory,
    sentimentScore: rounded(last.sentiment.score),
    sentimentConfidence: rounded(last.sentiment.confidence),
    categoryConfidence: rounded(first.categorization.confidence),
    engine: first.engine,
  });
}

/** Answers HandleTicket. The ticket comes first, because the rest is about it; the rest is asked for side by side. */
export async function handleTicket(
  { crm, tickets, analytics }: Clients,
  { ticketId }: HandleTicketRequest,
  context: HandlerContext,
  log: Log,
): Promise<MessageInitShape<typeof HandleTicketResponseSchema>> {
  const found = await needed("tickets", tickets.getTicket({ ticketId, messageLimit: MESSAGES }, onBehalfOf(context)));
  const { ticket, messages: conversation, earlierMessageCount, priorityScore } = found;
  if (!ticket) throw new TypeError("GetTicket answered without a ticket");
  const { customerId } = ticket;
  const parts = new Parts(context, log);
  const options = partOptions(context);
  const open = { customerId, statuses: [TicketStatus.OPEN, TicketStatus.IN_PROGRESS], pageSize: OTHER_TICKETS + 1 };
  const [customer, notes, others, analyses] = await Promise.all([
    parts.part("customer", "crm", crm.getCustomer({ customerId }, options)),
    parts.part("customer_notes", "crm", crm.listNotes({ customerId, pageSize: NOTES }, options)),
    parts.part("other_open_tickets", "tickets", tickets.listTickets(open, options)),
    parts.part("analysis", "analytics", analytics.batchAnalyze({ texts: textsOf(ticket, conversation) }, options)),
  ]);
  const analysis = toTicketAnalysis(analyses?.analyses ?? []);
  // Many people stand behind an anonymous customer: their tickets are none of each other's business.
  const theirs = !others || customer?.customer?.tags.includes(ANONYMOUS) ? [] : summaries(others);
  return {
    ticket,
    conversation,
    earlierMessageCount,
    customer: customer?.customer,
    customerNotes: notes?.notes ?? [],
    otherOpenTickets: theirs.filter(({ id }) => id !== ticketId).slice(0, OTHER_TICKETS),
    priorityScore,
    missing: parts.missing,
    analysis,
  };
}
