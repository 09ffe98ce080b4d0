// EraseCustomer: one service after the other. Each step is done at most once a request, and all of them can be done again.
import { hash } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { EraseCustomerRequest, EraseCustomerResponseSchema } from "#gen/deskwire/support/v1/privacy_pb.js";
import { onBehalfOf, writeOnBehalfOf } from "../../runtime/calls/call.ts";
import { type Clients, needed } from "./clients.ts";

type Response = MessageInitShape<typeof EraseCustomerResponseSchema>;

/** The key of one of the steps in which tickets are erased. */
function keyOf(requestId: string, step: number): string {
  return requestId && hash("sha256", JSON.stringify([requestId, step]), "base64url");
}

/** Erases the tickets, step by step. */
async function eraseTickets(
  { tickets }: Clients,
  { customerId, requestId }: EraseCustomerRequest,
  context: HandlerContext,
) {
  const total = { ticketCount: 0, messageCount: 0, eventCount: 0, approvalCount: 0, answerCount: 0 };
  for (let step = 1; ; step++) {
    const request = { customerId, requestId: keyOf(requestId, step) };
    const erased = await needed("tickets", tickets.eraseCustomer(request, onBehalfOf(context)));
    for (const count of Object.keys(total) as (keyof typeof total)[]) total[count] += erased[count];
    if (erased.complete) return total;
  }
}

/**
 * Answers EraseCustomer. The CRM comes first: it knows whether there is such a customer, and from then on nobody takes the
 * customer for one who can be written to.
 */
export async function eraseCustomer(
  clients: Clients,
  request: EraseCustomerRequest,
  context: HandlerContext,
): Promise<Response> {
  const { customerId, requestId } = request;
  const here = { customerId, requestId };
  const crm = await needed("crm", clients.crm.eraseCustomer(here, writeOnBehalfOf(context)));
  const analytics = await needed("analytics", clients.analytics.eraseCustomer(here, onBehalfOf(context)));
  const tickets = await eraseTickets(clients, request, context);
  const { customer } = await needed("crm", clients.crm.getCustomer({ customerId }, onBehalfOf(context)));
  return {
    customer,
    noteCount: crm.noteCount,
    ...tickets,
    correctionCount: analytics.correctionCount,
    answerCount: crm.answerCount + analytics.answerCount + tickets.answerCount,
  };
}
