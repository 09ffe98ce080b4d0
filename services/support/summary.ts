// Tickets in a line.
import { create } from "@bufbuild/protobuf";
import { type TicketSummary, TicketSummarySchema } from "#gen/deskwire/support/v1/case_pb.js";
import type { Ticket } from "#gen/deskwire/ticket/v1/ticket_pb.js";

/** The line of a ticket. */
export function summarize(ticket: Ticket): TicketSummary {
  const { id, subject, status, priority, category, customerId, assignee, team, tags, waitingOn, updateTime } = ticket;
  return create(TicketSummarySchema, {
    ...{ id, subject, status, priority, category, customerId, assignee, team, tags, waitingOn },
    updateTime,
  });
}
