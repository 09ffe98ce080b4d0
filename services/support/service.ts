// The support service's rules: each method is a whole step of an agent's work, done by the services behind.
import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { type Actor, ActorKind, ActorSchema } from "#gen/deskwire/actor/v1/actor_pb.js";
import { CustomerNoteState } from "#gen/deskwire/support/v1/case_pb.js";
import type { SupportService, UpdateTicketRequest } from "#gen/deskwire/support/v1/support_service_pb.js";
import { TicketOrder, TicketView, WaitingOn } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { onBehalfOf, writeOnBehalfOf } from "../../runtime/calls/call.ts";
import type { Log } from "../../runtime/log.ts";
import { approvalMethods, pendingApproval } from "./approvals.ts";
import { type Clients, needed } from "./clients.ts";
import { correctAnalysis } from "./correct-analysis.ts";
import { eraseCustomer } from "./erase-customer.ts";
import { exportCustomer } from "./export-customer.ts";
import { getSupportMetrics } from "./get-support-metrics.ts";
import { handleTicket } from "./handle-ticket.ts";
import { lookUpCustomer } from "./look-up-customer.ts";
import { openTicket } from "./open-ticket.ts";
import { summaries, summarize } from "./summary.ts";

const DEFAULT_PAGE = 20;

function agent(actor: Actor | undefined): Actor {
  return actor ?? create(ActorSchema, { kind: ActorKind.AI, id: "ai" });
}

function updateMask(request: UpdateTicketRequest): string[] {
  const { priority, category, assignee, team, waitingOn } = request;
  const given = { priority, category, assignee, team, waiting_on: waitingOn };
  return Object.entries(given).flatMap(([path, value]) => (value === undefined ? [] : [path]));
}

/** Makes the support service over the services behind it. */
export function supportService(clients: Clients, log: Log): ServiceImpl<typeof SupportService> {
  const { crm, tickets, analytics } = clients;
  return {
    ...approvalMethods(clients),

    handleTicket: (request, context) => handleTicket(clients, request, context, log),

    async respondToTicket({ ticketId, response, updateStatus, addCustomerNote, etag, author, requestId }, context) {
      const answer = {
        ...{ ticketId, response, addCustomerNote, etag, requestId, author: agent(author) },
        updateStatus,
      };
      const call = tickets.respondToTicket(answer, writeOnBehalfOf(context));
      const { ticket, message, approval } = await needed("tickets", call);
      const queued = addCustomerNote && approval === undefined;
      return {
        success: approval === undefined,
        customerNote: queued ? CustomerNoteState.QUEUED : CustomerNoteState.NOT_REQUESTED,
        ticket,
        response: message,
        approval: pendingApproval(approval),
      };
    },

    async searchTickets(request, context) {
      const { pageToken, query, statuses, priorities, category, assignee, unassigned, team, tags, customerId } =
        request;
      const { createdFrom, createdBefore, dueBefore, overdue, waitingOn = WaitingOn.UNSPECIFIED } = request;
      const queue = waitingOn === WaitingOn.DESK || overdue;
      const { order = queue ? TicketOrder.DUE_SOONEST : TicketOrder.UNSPECIFIED } = request;
      const filter = {
        ...{ query, statuses, priorities, assignee, unassigned, team, tags, customerId, waitingOn },
        categories: category ? [category] : [],
        ...{ createdFrom, createdBefore, dueBefore, overdue, order, pageToken, view: TicketView.BASIC },
        pageSize: request.pageSize || DEFAULT_PAGE,
      };
      const found = await needed("tickets", tickets.listTickets(filter, onBehalfOf(context)));
      const { nextPageToken, totalSize } = found;
      return { tickets: summaries(found), nextPageToken, totalSize };
    },

    async listConversation({ ticketId, pageSize, pageToken }, context) {
      const request = { ticketId, pageSize: pageSize || DEFAULT_PAGE, pageToken };
      const found = await needed("tickets", tickets.listTicketMessages(request, onBehalfOf(context)));
      const { messages, nextPageToken, totalSize } = found;
      return { messages, nextPageToken, totalSize };
    },

    openTicket: (request, context) => openTicket(clients, request, agent(request.actor), context),

    async recordCustomerReply({ ticketId, body, author, requestId }, context) {
      const request = { ticketId, body, recorder: agent(author), requestId };
      const call = tickets.recordCustomerReply(request, writeOnBehalfOf(context));
      const { ticket, message, approval } = await needed("tickets", call);
      return { ticket, message, approval: pendingApproval(approval) };
    },

    async updateTicket(request, context) {
      const { ticketId: id, etag, addTags, removeTags, requestId, status: updateStatus } = request;
      const { priority = 0, category = "", assignee = "", team = "", waitingOn = 0 } = request;
      const update = {
        ticket: { id, etag, priority, category, assignee, team, waitingOn },
        // What is not in the mask is left alone, whatever it says above.
        updateMask: { paths: updateMask(request) },
        ...{ addTags, removeTags, updateStatus, requestId, actor: agent(request.actor) },
      };
      const call = tickets.updateTicket(update, writeOnBehalfOf(context));
      const { ticket, approval } = await needed("tickets", call);
      return { ticket, approval: pendingApproval(approval) };
    },

    async addInternalNote({ ticketId, body, author, requestId }, context) {
      const request = { ticketId, body, author: agent(author), requestId };
      const call = tickets.addInternalNote(request, writeOnBehalfOf(context));
      const { ticket, message, approval } = await needed("tickets", call);
      return { ticket, message, approval: pendingApproval(approval) };
    },

    async mergeTickets({ ticketId, intoTicketId, actor, requestId }, context) {
      const request = { ticketId, intoTicketId, actor: agent(actor), requestId };
      const call = tickets.mergeTickets(request, writeOnBehalfOf(context));
      const { ticket, mergedTicket, approval } = await needed("tickets", call);
      return {
        ticket,
        approval: pendingApproval(approval),
        ...(mergedTicket && { mergedTicket: summarize(mergedTicket) }),
      };
    },

    correctAnalysis: (request, context) => correctAnalysis(clients, request, agent(request.author), context, log),

    async undoCorrection({ correctionId, actor, requestId }, context) {
      const request = { correctionId, actor: agent(actor), requestId };
      const { correction } = await needed("analytics", analytics.undoCorrection(request, writeOnBehalfOf(context)));
      return { correction };
    },

    exportCustomer: (request, context) => exportCustomer(clients, request, context),

    async listErasedCustomers({ pageSize, pageToken }, context) {
      const request = { pageSize: pageSize || 100, pageToken, erased: true };
      const { customers, nextPageToken, totalSize } = await needed(
        "crm",
        crm.listCustomers(request, onBehalfOf(context)),
      );
      return { customers, nextPageToken, totalSize };
    },

    eraseCustomer: (request, context) => eraseCustomer(clients, request, context),

    getSupportMetrics: (request, context) => getSupportMetrics(clients, request, context),

    lookUpCustomer: (request, context) => lookUpCustomer(clients, request, context, log),

    async searchCustomers({ pageSize, pageToken, query, plan, tags }, context) {
      const request = { pageSize: pageSize || DEFAULT_PAGE, pageToken, query, plan, tags };
      const { customers, nextPageToken, totalSize } = await needed(
        "crm",
        crm.listCustomers(request, onBehalfOf(context)),
      );
      return { customers, nextPageToken, totalSize };
    },

    async addCustomerNote({ customerId, note: body, ticketId, author, requestId }, context) {
      // The CRM knows no tickets.
      if (ticketId) await needed("tickets", tickets.getTicket({ ticketId, messageLimit: 1 }, onBehalfOf(context)));
      const request = { note: { customerId, body, ticketId, author: agent(author) }, requestId };
      const { note } = await needed("crm", crm.addNote(request, writeOnBehalfOf(context)));
      return { note };
    },
  };
}
