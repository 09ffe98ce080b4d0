// Who calls, as the edge makes it out, and calls that wait.
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import { TicketStatus } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { PRINCIPAL_HEADER, SCOPES_HEADER } from "../../runtime/calls/call.ts";
import { type Clients, newTicket } from "../contract/case.ts";

/** What calls by a key look like behind the edge that made it out. */
export const by = (principal: string, ...scopes: string[]) => ({
  headers: { [PRINCIPAL_HEADER]: principal, [SCOPES_HEADER]: scopes.join(" ") },
});
export const machine = by("machine", "tickets:read", "tickets:reply", "tickets:write");
export const person = by("person", "approvals", "tickets:read", "tickets:reply", "tickets:write");
export const AI = { kind: ActorKind.AI, id: "ai" };
export const ADA = { kind: ActorKind.AGENT, id: "ada" };

/** An answer of an AI agent that waits, on a desk that lets no such answer out. */
export async function heldReply(clients: Clients, response = "It is on its way.") {
  const ticket = await newTicket(clients);
  const request = { ticketId: ticket.id, response, updateStatus: TicketStatus.RESOLVED, author: AI };
  const answer = await clients.tickets.respondToTicket(request, machine);
  return { ticket, request, answer, approvalId: answer.approval?.id ?? "" };
}
