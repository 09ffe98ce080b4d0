// What a run that is confined to one ticket may do at the desk: read that ticket, its conversation and its customer, and
// write to that ticket and about that customer.
import type { HandlerContext } from "@connectrpc/connect";
import type { SupportService } from "#gen/deskwire/support/v1/support_service_pb.js";
import { onBehalfOf } from "../../runtime/calls/call.ts";
import type { ConfinementRules, IsCustomerOf } from "../../runtime/calls/confinement.ts";
import { type Clients, needed } from "./clients.ts";

const ticket = ({ ticketId }: { readonly ticketId: string }) => ticketId;

/** The rule of each method. */
export const CONFINEMENT: ConfinementRules<typeof SupportService> = {
  handleTicket: { ticket },
  listConversation: { ticket },
  respondToTicket: { ticket },
  updateTicket: { ticket },
  addInternalNote: { ticket },
  lookUpCustomer: { customer: ({ customerId, email }) => ({ customerId, email }) },
  addCustomerNote: { ticket, customer: ({ customerId }) => ({ customerId }) },
  // What others wrote is none of this customer's business; handle_ticket and look_up_customer bring summaries of their own.
  searchTickets: "refused",
  searchCustomers: "refused",
  // A run for a ticket is about what stands there already: nobody is on the telephone.
  recordCustomerReply: "refused",
  // These write to other tickets, or make some that nobody asked for.
  openTicket: "refused",
  mergeTickets: "refused",
  // A run decides on nothing, and sees no drafts of others.
  listApprovals: "refused",
  getApproval: "refused",
  decideApproval: "refused",
  // No run gives out or erases all that there is about somebody.
  exportCustomer: "refused",
  listErasedCustomers: "refused",
  eraseCustomer: "refused",
  // Figures are about all that the desk does.
  getSupportMetrics: "refused",
  // What the desk learns from them counts for all tickets.
  correctAnalysis: "refused",
  undoCorrection: "refused",
};

/** Looks up whose a ticket is, by the services behind. */
export function customerOfTicket({ crm, tickets }: Clients): IsCustomerOf {
  return async (ticketId, { customerId = "", email = "" }, context: HandlerContext) => {
    const options = onBehalfOf(context);
    const found = await needed("tickets", tickets.getTicket({ ticketId, messageLimit: 1 }, options));
    const theirs = found.ticket?.customerId ?? "";
    if (customerId !== "" && customerId !== theirs) return false;
    if (email === "") return customerId !== "";
    const { customer } = await needed("crm", crm.getCustomer({ customerId: theirs }, options));
    return customer?.emails.some((address) => address.toLowerCase() === email.toLowerCase()) ?? false;
  };
}
