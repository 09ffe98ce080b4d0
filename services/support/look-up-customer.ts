// LookUpCustomer: one customer with their history.
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { Customer } from "#gen/deskwire/crm/v1/customer_pb.js";
import type {
  LookUpCustomerRequest,
  LookUpCustomerResponseSchema,
} from "#gen/deskwire/support/v1/support_service_pb.js";
import { TicketView } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { onBehalfOf } from "../../runtime/calls/call.ts";
import { confinementOf } from "../../runtime/calls/confinement.ts";
import type { Log } from "../../runtime/log.ts";
import { isAnonymous } from "./anonymous.ts";
import { type Clients, needed, Parts, partOptions } from "./clients.ts";
import { summaries } from "./summary.ts";

const PAGE = 20;

/** Answers LookUpCustomer. */
export async function lookUpCustomer(
  { crm, tickets }: Clients,
  { customerId: id, email }: LookUpCustomerRequest,
  context: HandlerContext,
  log: Log,
): Promise<MessageInitShape<typeof LookUpCustomerResponseSchema>> {
  const found: Promise<{ customer?: Customer | undefined }> = id
    ? crm.getCustomer({ customerId: id }, onBehalfOf(context))
    : crm.findCustomer({ key: { case: "email", value: email } }, onBehalfOf(context));
  const { customer } = await needed("crm", found);
  if (!customer) throw new TypeError("the CRM answered without a customer");
  // To a run for one ticket, what others did who share an anonymous customer is as foreign as other customers are.
  if (isAnonymous(customer) && confinementOf(context)) return { customer };
  const parts = new Parts(context, log);
  const options = partOptions(context);
  const { id: customerId } = customer;
  const [notes, theirs] = await Promise.all([
    parts.part("notes", "crm", crm.listNotes({ customerId, pageSize: PAGE }, options)),
    parts.part(
      "tickets",
      "tickets",
      tickets.listTickets({ customerId, pageSize: PAGE, view: TicketView.BASIC }, options),
    ),
  ]);
  return {
    customer,
    notes: notes?.notes ?? [],
    noteCount: notes?.totalSize ?? 0,
    tickets: theirs ? summaries(theirs) : [],
    ticketCount: theirs?.totalSize ?? 0,
    missing: parts.missing,
  };
}
