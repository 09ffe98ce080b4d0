// Customers behind whom many people stand.
import type { Customer } from "#gen/deskwire/crm/v1/customer_pb.js";

const ANONYMOUS = "anonymous";

/** Whether many people stand behind a customer: their tickets and notes are none of each other's business. */
export function isAnonymous(customer: Customer | undefined): boolean {
  return customer?.tags.includes(ANONYMOUS) ?? false;
}
