// Tickets in a line.
import type { TicketSummary } from "#gen/deskwire/support/v1/case_pb.js";
import type { TicketPriorityFactor, TicketPriorityScore } from "#gen/deskwire/ticket/v1/priority_pb.js";
import type { Ticket, TicketLine } from "#gen/deskwire/ticket/v1/ticket_pb.js";

/** So many factors are told in a line. */
const REASONS = 2;

const weightiest = (factors: readonly TicketPriorityFactor[]) =>
  factors
    .filter(({ points }) => points > 0)
    .sort((a, b) => b.points - a.points)
    .slice(0, REASONS);

/** What presses most. Of a line no other factors are told. */
function reasonOf({ factors }: TicketPriorityScore): string {
  const most = factors.length > REASONS ? weightiest(factors) : factors;
  return most.map(({ why }) => why).join("; ");
}

/** The line of a ticket, with how much it presses where that was asked for. */
export function summarize(ticket: Ticket | TicketLine, score?: TicketPriorityScore): TicketSummary {
  return {
    $typeName: "deskwire.support.v1.TicketSummary",
    id: ticket.id,
    subject: ticket.subject,
    status: ticket.status,
    priority: ticket.priority,
    category: ticket.category,
    customerId: ticket.customerId,
    assignee: ticket.assignee,
    team: ticket.team,
    tags: ticket.tags,
    waitingOn: ticket.waitingOn,
    updateTime: ticket.updateTime,
    dueTime: ticket.dueTime,
    priorityScore: score?.score ?? 0,
    priorityReason: score ? reasonOf(score) : "",
  };
}

/** The lines of a list of tickets. */
export function summaries(list: {
  readonly tickets: readonly Ticket[];
  readonly priorityScores: readonly TicketPriorityScore[];
}): TicketSummary[] {
  return list.tickets.map((ticket, index) => summarize(ticket, list.priorityScores[index]));
}
