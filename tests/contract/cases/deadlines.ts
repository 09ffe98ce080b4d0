// Deadlines: every call has its own, and a short one is time enough for what is quick.
import { expect } from "vitest";
import { type Case, newCustomer, newTicket, unique } from "../case.ts";

const SHORT = { timeoutMs: 2_500 };

export const deadlineCases: readonly Case[] = [
  {
    name: "writes that need other services are done within a short deadline",
    async run(clients) {
      const customerId = await newCustomer(clients);
      const text = { subject: "s", description: "d" };
      const opened = await clients.support.openTicket({ ...text, customerId }, SHORT);
      expect(opened.ticket?.customerId).toBe(customerId);
      const email = `${unique()}@example.com`;
      expect(await clients.support.openTicket({ ...text, customerEmail: email }, SHORT)).toMatchObject({
        customerAdded: true,
      });
      const created = await clients.tickets.createTicket({ ticket: { subject: "s", customerId } }, SHORT);
      expect(created.ticket?.customerId).toBe(customerId);
    },
  },
  {
    name: "reads that need other services are answered whole within a short deadline",
    async run(clients) {
      const { id: ticketId, customerId } = await newTicket(clients);
      const handled = await clients.support.handleTicket({ ticketId }, SHORT);
      expect(handled).toMatchObject({ missing: [], customer: { id: customerId } });
      expect((await clients.support.lookUpCustomer({ customerId }, SHORT)).missing).toEqual([]);
    },
  },
];
