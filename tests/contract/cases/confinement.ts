// Calls that are confined to one ticket.
import { expect } from "vitest";
import { TicketStatus } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { CONFINEMENT_HEADER, SCOPES_HEADER } from "../../../runtime/calls/call.ts";
import { type Case, type Clients, expectRefused, newCustomer, newTicket, refusalOf, stateOf, unique } from "../case.ts";

const confinedTo = (ticketId: string, scopes?: string) => ({
  headers: { [CONFINEMENT_HEADER]: ticketId, ...(scopes !== undefined && { [SCOPES_HEADER]: scopes }) },
});

/** A customer with two tickets and a note, and somebody else with one. */
async function twoCustomers(clients: Clients) {
  const email = `${unique()}@example.com`;
  const customerId = await newCustomer(clients, { emails: [email] });
  const ticket = await newTicket(clients, { customerId });
  const sibling = await newTicket(clients, { customerId });
  const other = await newTicket(clients);
  return { email, customerId, ticket, sibling, other, inside: confinedTo(ticket.id) };
}

export const confinementCases: readonly Case[] = [
  {
    name: "confined: the ticket, its conversation and its customer are read, other tickets of the customer in summary",
    async run(clients) {
      const { ticket, sibling, customerId, email, inside } = await twoCustomers(clients);
      const { support } = clients;
      const handled = await support.handleTicket({ ticketId: ticket.id }, inside);
      expect(handled).toMatchObject({ ticket: { id: ticket.id }, customer: { id: customerId }, missing: [] });
      expect(handled.otherOpenTickets.map(({ id }) => id)).toEqual([sibling.id]);
      expect((await support.listConversation({ ticketId: ticket.id }, inside)).messages).toEqual([]);
      const looked = await support.lookUpCustomer({ customerId }, inside);
      expect(looked).toMatchObject({ customer: { id: customerId }, ticketCount: 2, missing: [] });
      expect((await support.lookUpCustomer({ email: email.toUpperCase() }, inside)).customer?.id).toBe(customerId);
    },
  },
  {
    name: "confined: the ticket is answered, updated and annotated, and so is its customer",
    async run(clients) {
      const { ticket, customerId, inside } = await twoCustomers(clients);
      const { support } = clients;
      const { id: ticketId } = ticket;
      expect((await support.respondToTicket({ ticketId, response: "Done." }, inside)).success).toBe(true);
      expect((await support.updateTicket({ ticketId, team: "a" }, inside)).ticket?.team).toBe("a");
      expect((await support.addInternalNote({ ticketId, body: "b" }, inside)).message?.body).toBe("b");
      const noted = await support.addCustomerNote({ customerId, note: "c", ticketId }, inside);
      expect(noted.note?.ticketId).toBe(ticketId);
      expect((await support.addCustomerNote({ customerId, note: "d" }, inside)).note?.body).toBe("d");
    },
  },
  {
    name: "confined: what lies outside the ticket is neither read nor written, and the refusal says the way out",
    async run(clients) {
      const { ticket, sibling, other, customerId, inside } = await twoCustomers(clients);
      const { support } = clients;
      const before = await Promise.all([sibling, other].map(({ id }) => stateOf(clients, id)));
      const foreign = other.customerId;
      const calls = [sibling.id, other.id].flatMap((ticketId) => [
        support.handleTicket({ ticketId }, inside),
        support.listConversation({ ticketId }, inside),
        support.respondToTicket({ ticketId, response: "x", updateStatus: TicketStatus.RESOLVED }, inside),
        support.updateTicket({ ticketId, team: "x" }, inside),
        support.addInternalNote({ ticketId, body: "x" }, inside),
        support.recordCustomerReply({ ticketId, body: "x" }, inside),
        support.mergeTickets({ ticketId, intoTicketId: ticket.id }, inside),
        support.mergeTickets({ ticketId: ticket.id, intoTicketId: ticketId }, inside),
        support.addCustomerNote({ customerId, note: "x", ticketId }, inside),
      ]);
      calls.push(
        support.lookUpCustomer({ customerId: foreign }, inside) as never,
        support.lookUpCustomer({ email: "nobody@example.com" }, inside) as never,
        support.addCustomerNote({ customerId: foreign, note: "x" }, inside) as never,
        support.searchTickets({}, inside) as never,
        support.searchTickets({ customerId }, inside) as never,
        support.searchCustomers({}, inside) as never,
        support.openTicket({ customerId, subject: "x", description: "y" }, inside) as never,
        support.recordCustomerReply({ ticketId: ticket.id, body: "x" }, inside) as never,
        support.correctAnalysis({ ticketId: ticket.id, category: 1 }, inside) as never,
      );
      const metadata = { ticket_id: ticket.id };
      await expectRefused(calls, { code: "PermissionDenied", reason: "OUTSIDE_TICKET", metadata });
      expect(await Promise.all([sibling, other].map(({ id }) => stateOf(clients, id)))).toEqual(before);
    },
  },
  {
    name: "confined: the services behind refuse as well what comes by another way",
    async run(clients) {
      const { ticket, other, customerId, inside } = await twoCustomers(clients);
      const { tickets, crm, webhooks } = clients;
      const firstOf = async (stream: AsyncIterable<unknown>) => {
        for await (const item of stream) return item;
      };
      const calls: PromiseLike<unknown>[] = [
        tickets.getTicket({ ticketId: other.id }, inside),
        tickets.respondToTicket({ ticketId: other.id, response: "x" }, inside),
        tickets.updateTicket({ ticket: { id: other.id, team: "x" } }, inside),
        tickets.listTickets({}, inside),
        tickets.listTickets({ customerId: other.customerId }, inside),
        tickets.createTicket({ ticket: { subject: "x", customerId } }, inside),
        tickets.listEvents({}, inside),
        firstOf(tickets.watchEvents({}, inside)),
        tickets.importTickets((async function* () {})(), inside),
        tickets.decideApproval({ approvalId: "APR-1001", decision: 1 }, inside),
        crm.listCustomers({}, inside),
        crm.batchGetCustomers({ customerIds: [other.customerId] }, inside),
        crm.updateCustomer({ customer: { id: customerId, name: "x" } }, inside),
        webhooks.createWebhook({ webhook: { url: "https://1.1.1.1/" } }, inside),
      ];
      await expectRefused(calls, { code: "PermissionDenied", reason: "OUTSIDE_TICKET" });
      expect((await tickets.listTickets({ customerId }, inside)).totalSize).toBe(2);
      expect((await tickets.getTicket({ ticketId: ticket.id }, inside)).ticket?.id).toBe(ticket.id);
    },
  },
  {
    name: "confined: a key that may work on any ticket is not; one that may do other things is",
    async run(clients) {
      const { ticket, other } = await twoCustomers(clients);
      const read = (scopes: string) =>
        clients.support.handleTicket({ ticketId: other.id }, confinedTo(ticket.id, scopes));
      for (const scopes of ["tickets:read tickets:any", "admin"]) {
        expect((await read(scopes)).ticket?.id).toBe(other.id);
      }
      for (const scopes of ["tickets:read", "tickets:read tickets:write approvals"]) {
        expect(await refusalOf(read(scopes))).toMatchObject({ reason: "OUTSIDE_TICKET" });
      }
    },
  },
  {
    name: "confined: nobody sees what others did who share an anonymous customer",
    async run(clients) {
      const customerId = await newCustomer(clients, { tags: ["anonymous"] });
      const { id: ticketId } = await newTicket(clients, { customerId });
      const stranger = await newTicket(clients, { customerId });
      const { support } = clients;
      await support.addCustomerNote({ customerId, note: "about a stranger", ticketId: stranger.id });
      await support.addCustomerNote({ customerId, note: "about this one", ticketId });
      const inside = confinedTo(ticketId);
      const handled = await support.handleTicket({ ticketId }, inside);
      expect(handled).toMatchObject({ otherOpenTickets: [], customerNotes: [{ body: "about this one" }] });
      const looked = await support.lookUpCustomer({ customerId }, inside);
      expect(looked).toMatchObject({ customer: { id: customerId }, tickets: [], notes: [] });
      expect((await support.lookUpCustomer({ customerId })).tickets).toHaveLength(2);
    },
  },
  {
    name: "confined: a header that names no ticket is refused, and opens nothing",
    async run(clients) {
      const { ticket } = await twoCustomers(clients);
      const read = clients.support.handleTicket({ ticketId: ticket.id }, confinedTo("TKT-1; TKT-2"));
      expect(await refusalOf(read)).toMatchObject({ code: "InvalidArgument", reason: "CONFINEMENT_INVALID" });
    },
  },
];
