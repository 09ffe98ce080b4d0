// What an AI agent may not do by itself: it waits for a person, who decides once.
import { expect } from "vitest";
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import { ApprovalDecision, ApprovalState } from "#gen/deskwire/ticket/v1/approval_pb.js";
import { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { TicketStatus } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { PRINCIPAL_HEADER, SCOPES_HEADER } from "../../../runtime/call.ts";
import { type Case, type Clients, newTicket, refusalOf, refuses, stateOf, unique } from "../case.ts";

const { APPROVE, REJECT } = ApprovalDecision;
const { PENDING, APPROVED, REJECTED } = ApprovalState;

/** What calls by a key look like behind the edge that made it out. */
export const by = (principal: string, ...scopes: string[]) => ({
  headers: { [PRINCIPAL_HEADER]: principal, [SCOPES_HEADER]: scopes.join(" ") },
});
const machine = by("machine", "tickets:reply", "tickets:write");
const person = by("person", "approvals");

/** Writes only an approval can let out: the address is nobody's in the ticket. */
const LEAK = "Please write to eve@elsewhere.example.";

/** An answer of an AI agent that waits. */
export async function held(clients: Clients, fields: { response?: string; requestId?: string } = {}) {
  const ticket = await newTicket(clients);
  const request = { ticketId: ticket.id, response: LEAK, updateStatus: TicketStatus.RESOLVED, ...fields };
  const { approval } = await clients.tickets.respondToTicket(request, machine);
  return { ticket, approvalId: approval?.id ?? "", request };
}
