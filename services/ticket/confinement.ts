// What the ticket service does for a run that is confined to one ticket. The support service refuses more, and first; here
// it is refused to whoever comes by another way.
import type { Knex } from "knex";
import type { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import type { ConfinementRules, IsCustomerOf } from "../../runtime/calls/confinement.ts";
import { findTicket } from "./ticket-store.ts";

const ticket = ({ ticketId }: { readonly ticketId: string }) => ticketId;

/** The rule of each method. */
export const CONFINEMENT: ConfinementRules<typeof TicketService> = {
  getTicket: { ticket },
  listTicketMessages: { ticket },
  listTicketHistory: { ticket },
  respondToTicket: { ticket },
  addInternalNote: { ticket },
  changeStatus: { ticket },
  updateTicket: { ticket: (request) => request.ticket?.id ?? "" },
  // The support service makes summaries of them.
  listTickets: { customer: ({ customerId }) => ({ customerId }) },
  createTicket: "refused",
  createFollowUp: "refused",
  recordCustomerReply: "refused",
  receiveMessage: "refused",
  mergeTickets: "refused",
  importTickets: "refused",
  listEvents: "refused",
  watchEvents: "refused",
  getApproval: "refused",
  listApprovals: "refused",
  decideApproval: "refused",
  eraseCustomer: "refused",
};

/** Looks up whose a ticket is. */
export function customerOfTicket(db: Knex): IsCustomerOf {
  return async (ticketId, { customerId = "" }) => {
    const found = await findTicket(db, ticketId);
    return customerId !== "" && found?.customerId === customerId;
  };
}
