// OpenTicket: a new ticket for a customer who may be new too, or a follow-up of a closed one.
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { Actor } from "#gen/deskwire/actor/v1/actor_pb.js";
import type { OpenTicketRequest, OpenTicketResponseSchema } from "#gen/deskwire/support/v1/support_service_pb.js";
import { onBehalfOf, writeOnBehalfOf } from "../../runtime/calls/call.ts";
import { metadataOf, reasonOf } from "../../runtime/errors.ts";
import { type Clients, needed } from "./clients.ts";

/** The CRM's limit for a name, in characters; an address may be longer. */
const MAX_NAME = 200;

interface FoundCustomer {
  readonly customerId: string;
  readonly added: boolean;
}

/**
 * Adds the customer, unless somebody has the address already. Not looked for first: sent again, the request would find whom it
 * has added itself, and answer otherwise than before.
 */
async function findOrAdd(
  { crm }: Clients,
  request: OpenTicketRequest,
  context: HandlerContext,
): Promise<FoundCustomer> {
  const { customerEmail: email, customerName, customerId, requestId } = request;
  if (customerId) return { customerId, added: false };
  const customer = { name: customerName || email.slice(0, MAX_NAME), emails: [email] };
  try {
    const added = await needed("crm", crm.createCustomer({ customer, requestId }, onBehalfOf(context)));
    return { customerId: added.customer?.id ?? "", added: true };
  } catch (error) {
    const holder = metadataOf(error).customer_id;
    if (reasonOf(error) !== "EMAIL_TAKEN" || !holder) throw error;
    return { customerId: holder, added: false };
  }
}

/** Answers OpenTicket. The customer is stored before the ticket; a customer without a ticket does no harm. */
export async function openTicket(
  clients: Clients,
  request: OpenTicketRequest,
  actor: Actor,
  context: HandlerContext,
): Promise<MessageInitShape<typeof OpenTicketResponseSchema>> {
  const { followUpOf, subject, description, priority = 0, channel = 0, tags, requestId } = request;
  const options = writeOnBehalfOf(context);
  if (followUpOf) {
    const followUp = { ticketId: followUpOf, subject, description, actor, requestId };
    const { ticket } = await needed("tickets", clients.tickets.createFollowUp(followUp, options));
    return { ticket, customerAdded: false };
  }
  const { customerId, added } = await findOrAdd(clients, request, context);
  const fields = { subject, description, customerId, tags, priority, channel };
  const { ticket } = await needed(
    "tickets",
    clients.tickets.createTicket({ ticket: fields, actor, requestId }, options),
  );
  return { ticket, customerAdded: added };
}
