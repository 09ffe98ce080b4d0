// Analytics and the CRM give advice on a ticket's priority: a write never fails for want of it, and never waits long.
import { expect, test } from "vitest";
import { TicketUrgency } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { clientsOf, eventually, newCustomer } from "../contract/case.ts";
import { importRows } from "../contract/cases/import.ts";
import { type LinkState, openLinkedDesk } from "../support/desk.ts";

const ANGRY = "This is the worst service ever. I need this fixed NOW, our whole shop is down and we are losing money!";
const AWAY: readonly LinkState[] = ["down", "silent"];

test.each(AWAY)("while analytics is %s, tickets are written, and read once it is back", async (state) => {
  await using desk = await openLinkedDesk();
  const clients = clientsOf(desk.transport);
  const customerId = await newCustomer(clients);
  desk.links.ticketsToAnalytics.state = state;
  const opened: string[] = [];
  for (const subject of ["One", "Two"]) {
    const { ticket } = await clients.tickets.createTicket({ ticket: { subject, description: ANGRY, customerId } });
    expect(ticket).toMatchObject({ urgency: TicketUrgency.MEDIUM });
    expect(ticket?.sentimentScore).toBeUndefined();
    expect(ticket?.dueTime).toBeDefined();
    opened.push(ticket?.id ?? "");
  }
  // The second write did not ask, and so did not wait.
  const asked = desk.links.ticketsToAnalytics.calls.filter(({ method }) => method === "Analyze");
  expect(asked).toHaveLength(1);
  desk.links.ticketsToAnalytics.state = "up";
  await importRows(clients, [{ description: "Hello" }]);
  for (const ticketId of opened) {
    const ticket = await eventually(async () => {
      const { ticket } = await clients.tickets.getTicket({ ticketId });
      return ticket?.urgency === TicketUrgency.HIGH && ticket;
    });
    expect(ticket.sentimentScore).toBeLessThan(0);
    const { events } = await clients.tickets.listTicketHistory({ ticketId });
    expect(events.at(-1)).toMatchObject({ actor: { id: "analytics" }, changes: [{ field: "urgency" }] });
  }
});

test.each(AWAY)("while the CRM is %s, a customer's reply is taken in, and the plan stays as it was", async (state) => {
  await using desk = await openLinkedDesk();
  const clients = clientsOf(desk.transport);
  const customerId = await newCustomer(clients, { plan: "pro" });
  const { ticket } = await clients.tickets.createTicket({ ticket: { subject: "One", customerId } });
  desk.links.ticketsToCrm.state = state;
  const replied = await clients.tickets.recordCustomerReply({ ticketId: ticket?.id ?? "", body: "Hello?" });
  expect(replied.ticket).toMatchObject({ plan: "pro", unansweredFollowUps: 1 });
});
