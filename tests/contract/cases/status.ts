// Statuses: the table of legal moves, all of it.
import { expect } from "vitest";
import { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { TicketStatus, WaitingOn } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { type Case, expectRefused, newTicket, refusalOf, stateOf } from "../case.ts";

const { OPEN, IN_PROGRESS, RESOLVED, CLOSED } = TicketStatus;
const STATUSES = [OPEN, IN_PROGRESS, RESOLVED, CLOSED] as const;
const nameOf = (status: TicketStatus) => TicketStatus[status].toLowerCase();

/** Where a status may go, in the words of the error. */
const LEGAL: Readonly<Record<string, string>> = {
  open: "in_progress, resolved, closed",
  in_progress: "open, resolved, closed",
  resolved: "open, in_progress, closed",
  closed: "",
};

function move(from: TicketStatus, to: TicketStatus): Case {
  const legal = LEGAL[nameOf(from)]?.split(", ").includes(nameOf(to));
  const outcome = from === to ? "changes nothing" : legal ? "is done" : "is refused and writes nothing";
  return {
    name: `from ${nameOf(from)} to ${nameOf(to)} ${outcome}`,
    async run(clients) {
      const { id: ticketId } = await newTicket(clients, { status: from });
      const before = await stateOf(clients, ticketId);
      const change = clients.tickets.changeStatus({ ticketId, status: to });
      if (from === to) {
        expect((await change).ticket).toEqual(before.ticket);
        expect(await stateOf(clients, ticketId)).toEqual(before);
      } else if (legal) {
        const { ticket } = await change;
        const done = to === RESOLVED || to === CLOSED;
        expect(ticket).toMatchObject({ status: to, waitingOn: done ? WaitingOn.NOBODY : WaitingOn.DESK });
        expect(ticket?.reopenCount).toBe(from === RESOLVED && to !== CLOSED ? 1 : 0);
        expect(ticket?.resolveTime === undefined).toBe(to !== RESOLVED && !(from === RESOLVED && to === CLOSED));
        const { events } = await stateOf(clients, ticketId);
        expect(events.slice(before.events.length)).toMatchObject([{ type: TicketEventType.STATUS_CHANGED }]);
      } else {
        expect(await refusalOf(change)).toMatchObject({
          ...{ code: "FailedPrecondition", reason: "STATUS_TRANSITION_ILLEGAL" },
          metadata: { ticket_id: ticketId, status: nameOf(from), legal_statuses: LEGAL[nameOf(from)] },
        });
        expect(await stateOf(clients, ticketId)).toEqual(before);
      }
    },
  };
}

export const statusCases: readonly Case[] = [
  ...STATUSES.flatMap((from) => STATUSES.map((to) => move(from, to))),
  {
    name: "a closed ticket refuses every write and keeps its state",
    async run(clients) {
      const { tickets } = clients;
      const { id: ticketId, customerId } = await newTicket(clients, { status: CLOSED });
      const other = await newTicket(clients, { customerId });
      const before = await stateOf(clients, ticketId);
      const writes = [
        tickets.updateTicket({ ticket: { id: ticketId, team: "x" } }),
        tickets.updateTicket({ ticket: { id: ticketId }, updateStatus: OPEN }),
        tickets.respondToTicket({ ticketId, response: "x" }),
        tickets.respondToTicket({ ticketId, response: "x", updateStatus: OPEN, addCustomerNote: true }),
        tickets.recordCustomerReply({ ticketId, body: "x" }),
        tickets.addInternalNote({ ticketId, body: "x" }),
        tickets.mergeTickets({ ticketId, intoTicketId: other.id }),
        tickets.mergeTickets({ ticketId: other.id, intoTicketId: ticketId }),
      ];
      const metadata = { ticket_id: ticketId };
      await expectRefused(writes, { code: "FailedPrecondition", reason: "TICKET_CLOSED", metadata });
      expect(await stateOf(clients, ticketId)).toEqual(before);
      expect((await stateOf(clients, other.id)).ticket).toEqual(other);
    },
  },
  {
    name: "a status that is none is refused",
    async run(clients) {
      const { id: ticketId } = await newTicket(clients);
      for (const status of [TicketStatus.UNSPECIFIED, 99 as TicketStatus]) {
        const refusal = await refusalOf(clients.tickets.changeStatus({ ticketId, status }));
        expect(refusal).toMatchObject({ code: "InvalidArgument", fields: ["status"] });
      }
    },
  },
];
