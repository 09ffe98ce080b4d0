// What the CRM does for a run that is confined to one ticket. It knows no tickets: that a customer is the ticket's, the
// support service has made sure of. It never shows a confined run more than one customer, and changes none.
import type { CrmService } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import type { ConfinementRules } from "../../runtime/calls/confinement.ts";

/** The rule of each method. */
export const CONFINEMENT: ConfinementRules<typeof CrmService> = {
  getCustomer: "free",
  findCustomer: "free",
  listNotes: "free",
  addNote: "free",
  createCustomer: "refused",
  ensureCustomers: "refused",
  updateCustomer: "refused",
  batchGetCustomers: "refused",
  listCustomers: "refused",
  eraseCustomer: "refused",
};
