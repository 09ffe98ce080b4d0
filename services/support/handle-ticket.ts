// HandleTicket: all that an agent needs to know of a ticket, in one answer.
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { HandleTicketRequest, HandleTicketResponseSchema } from "#gen/deskwire/support/v1/support_service_pb.js";
import { onBehalfOf } from "../../runtime/calls/call.ts";
import type { Log } from "../../runtime/log.ts";
import { isAnonymous } from "./anonymous.ts";
import { type Clients, needed, Parts, partOptions } from "./clients.ts";
import { summarize } from "./summary.ts";
import { textsOf, toTicketAnalysis } from "./ticket-analysis.ts";

const MESSAGES = 30;
const NOTES = 5;
const OTHER_TICKETS = 10;
/** Whether other tickets are the same person's, the CRM alone knows. */
const OF_CRM = ["customer", "customer_notes", "other_open_tickets"];

/** Answers HandleTicket. The ticket comes first, because the rest is about it; the rest is asked for side by side. */
export async function handleTicket(
  { crm, tickets, analytics }: Clients,
  { ticketId }: HandleTicketRequest,
  context: HandlerContext,
  log: Log,
): Promise<MessageInitShape<typeof HandleTicketResponseSchema>> {
  const asked = { ticketId, messageLimit: MESSAGES, otherOpenLimit: OTHER_TICKETS };
  const found = await needed("tickets", tickets.getTicket(asked, onBehalfOf(context)));
  const { ticket, messages: conversation, earlierMessageCount, priorityScore } = found;
  if (!ticket) throw new TypeError("GetTicket answered without a ticket");
  const { customerId } = ticket;
  const parts = new Parts(context, log);
  const options = partOptions(context);
  const [known, analyses] = await Promise.all([
    parts.part(OF_CRM, "crm", crm.getCustomer({ customerId, noteLimit: NOTES }, options)),
    parts.part("analysis", "analytics", analytics.batchAnalyze({ texts: textsOf(ticket, conversation) }, options)),
  ]);
  const analysis = analyses && toTicketAnalysis(analyses.analyses);
  // The tickets of people who share an anonymous customer, and the notes about them, are none of each other's business.
  const shared = !known || isAnonymous(known.customer);
  const about = known?.notes ?? [];
  return {
    ticket,
    conversation,
    earlierMessageCount,
    customer: known?.customer,
    customerNotes: shared ? about.filter((note) => note.ticketId === ticketId) : about,
    otherOpenTickets: shared ? [] : found.otherOpenTickets.map((line) => summarize(line, line.priorityScore)),
    priorityScore,
    missing: parts.missing,
    analysis,
  };
}
