// The ticket service's rules.
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { Code, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import type { Knex } from "knex";
import { type Actor, ActorKind, ActorSchema } from "#gen/deskwire/actor/v1/actor_pb.js";
import { type Ticket, TicketSchema, TicketStatus } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import {
  ListEventsRequestSchema,
  ListTicketHistoryRequestSchema,
  ListTicketMessagesRequestSchema,
  TicketService,
} from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { methodName, originOf } from "../../runtime/calls/call.ts";
import { assertToolAllowed, isAiCall } from "../../runtime/calls/tool-policy.ts";
import { write } from "../../runtime/calls/write.ts";
import { fail } from "../../runtime/errors.ts";
import { countedPage, listPage } from "../../runtime/messages/pagination.ts";
import { maskedFields } from "../../runtime/messages/resource.ts";
import * as actions from "./actions.ts";
import { type ApprovalOptions, approvalMethods, type FindReasons, gateFor } from "./approvals/service.ts";
import { beginFollowUp } from "./conversation.ts";
import { notFound, TicketDraft, type Words, type WriteInfo } from "./draft.ts";
import { type ErasureOptions, erasureMethods } from "./erasure/methods.ts";
import { BY_POSITION, type EventRow, eventsAfter, eventsOf, toEvent } from "./event-store.ts";
import { orExternalIdTaken } from "./external-id.ts";
import { importTickets } from "./import/import.ts";
import { receiveMessage } from "./inbound/receive-message.ts";
import { listTickets } from "./list/list.ts";
import { otherOpenTickets } from "./list/other-open.ts";
import { toLine } from "./list/ticket-line.ts";
import { latestMessages, type MessageRow, messagesOf, OLDEST_FIRST, toMessage } from "./message-store.ts";
import { markAsAi } from "./outgoing/provenance.ts";
import { findReasons, type ReplyCheckOptions } from "./outgoing/reply-check.ts";
import type { CatchUp } from "./priority/catch-up.ts";
import { priorityScore } from "./priority/score.ts";
import { firstWords, type TextReader } from "./priority/text-reader.ts";
import { goesOnIn } from "./thread.ts";
import { findTicket, toTicket } from "./ticket-store.ts";
import { watchEvents } from "./watch.ts";

/** What a caller may say of a new ticket; the rest is the service's own. */
const SETTABLE = [...actions.MUTABLE, "description", "customer_id"];
const DEFAULT_MESSAGES = 50;

/** What the ticket service stands on. */
export interface TicketServiceOptions extends ApprovalOptions, ErasureOptions, ReplyCheckOptions {
  readonly reader: TextReader;
  readonly catchUp: CatchUp;
  /** Ends the streams of the log when the service closes. */
  readonly closing: AbortSignal;
}

function actorOr(actor: Actor | undefined, kind: ActorKind, id = ""): Actor {
  return actor ?? create(ActorSchema, { kind, id });
}

/** Makes the ticket service over a database. */
export function ticketService(options: TicketServiceOptions): ServiceImpl<typeof TicketService> {
  const { database, customers, reader, catchUp, policy, bell, closing, policies, now } = options;
  const { knex } = database;

  /** One write: its drafts carry who writes, when, and by which call; streams of the log hear of it after the commit. */
  async function writing<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageShape<I> & { readonly requestId: string },
    context: HandlerContext,
    actor: Actor,
    work: (trx: Knex.Transaction, info: WriteInfo) => Promise<MessageInitShape<O>>,
  ): Promise<MessageShape<O>> {
    const { requestId } = request;
    const origin = originOf(context);
    const info: WriteInfo = { actor, clock: now, policy, method: methodName(method), requestId, origin };
    const response = await write(database, { method, request, context, now: now() }, (trx) => work(trx, info));
    bell.ring();
    return response;
  }

  /** One write that an AI agent may have to wait for. */
  async function acting<I extends DescMessage, O extends DescMessage>(
    action: actions.Action<I, O>,
    request: MessageShape<I> & { readonly requestId: string },
    context: HandlerContext,
    { findReasons, words }: { readonly findReasons?: FindReasons<I>; readonly words?: Words } = {},
  ): Promise<MessageShape<O>> {
    const gate = await gateFor(options, action, request, context, findReasons);
    return writing(action.method, request, context, action.actor(request), (trx, info) =>
      action.run(trx, gate(trx, { ...info, words }), request),
    );
  }

  /** What is known of words that a customer has written to a ticket, before the write begins. */
  async function wordsOf(text: string, ticketId: string, context: HandlerContext): Promise<Words> {
    const ticket = await findTicket(knex, ticketId);
    if (!ticket) throw notFound(ticketId);
    const [reading, plan] = await Promise.all([
      reader.read(text || firstWords(ticket), context),
      customers.planOf(ticket.customerId, context),
    ]);
    return { reading, plan };
  }

  /** Whether a ticket is opened by an AI agent; refused where the policy leaves that to people. */
  function opensAsAi({ kind }: Actor, context: HandlerContext): boolean {
    const byAi = isAiCall(context, kind === ActorKind.AI);
    if (byAi) assertToolAllowed(policies, "open_ticket");
    return byAi;
  }

  return {
    ...approvalMethods(options),
    ...erasureMethods(options),

    async createTicket(request, context) {
      const { ticket = create(TicketSchema) } = request;
      const actor = actorOr(request.actor, ActorKind.CUSTOMER, ticket.customerId);
      const byAi = opensAsAi(actor, context);
      const [{ plan }, reading] = await Promise.all([
        customers.assertExists(ticket.customerId, context),
        reader.read(firstWords(ticket), context),
      ]);
      const work = writing(TicketService.method.createTicket, request, context, actor, async (trx, info) => {
        const draft = await TicketDraft.begin(trx, info, {
          ...actions.DEFAULTS,
          ...maskedFields(TicketSchema, { patch: ticket, mask: undefined, current: ticket }, SETTABLE),
          status: ticket.status || TicketStatus.OPEN,
        });
        if (byAi) await markAsAi(trx, [draft.ticket.id]);
        return { ticket: await draft.heed({ reading, plan }).save() };
      });
      return orExternalIdTaken(knex, ticket.externalId, work);
    },

    async getTicket({ ticketId, messageLimit, otherOpenLimit }) {
      const ticket = await findTicket(knex, ticketId);
      if (!ticket) throw notFound(ticketId);
      const messages = await latestMessages(knex, ticketId, messageLimit || DEFAULT_MESSAGES);
      const otherOpen = await otherOpenTickets(database, ticket, otherOpenLimit);
      const time = now();
      return {
        ticket,
        messages,
        earlierMessageCount: Math.max(0, ticket.messageCount - messages.length),
        priorityScore: priorityScore(policy, ticket, time),
        otherOpenTickets: otherOpen.map((row) => toLine(policy, row, time)),
      };
    },

    async listTicketMessages(request) {
      if (!(await findTicket(knex, request.ticketId))) throw notFound(request.ticketId);
      const messages = messagesOf(knex, request.ticketId);
      const scope = { schema: ListTicketMessagesRequestSchema, request, order: OLDEST_FIRST };
      const { rows, ...page } = await countedPage<MessageRow, typeof ListTicketMessagesRequestSchema>(messages, scope);
      return { messages: rows.map(toMessage), ...page };
    },

    async listTickets(request) {
      const time = now();
      const { rows, ...page } = await listTickets(database, request, time);
      const tickets = rows.map(toTicket);
      const priorityScores = tickets.map((ticket) => priorityScore(policy, ticket, time));
      return { tickets, priorityScores, ...page };
    },

    updateTicket: (request, context) =>
      orExternalIdTaken(knex, request.ticket?.externalId ?? "", acting(actions.updateTicket, request, context)),

    respondToTicket: (request, context) =>
      acting(actions.respond, request, context, { findReasons: () => findReasons(options, request, context) }),

    async recordCustomerReply(request, context) {
      const words = await wordsOf(request.body, request.ticketId, context);
      return acting(actions.recordCustomerReply, request, context, { words });
    },

    async receiveMessage(request, context) {
      const response = await receiveMessage({ database, customers, reader, policy, now }, request, context);
      bell.ring();
      return response;
    },

    addInternalNote: (request, context) => acting(actions.addInternalNote, request, context),

    changeStatus: (request, context) => acting(actions.changeStatus, request, context),

    mergeTickets: (request, context) => acting(actions.merge, request, context),

    async createFollowUp(request, context) {
      const customer = actorOr(request.actor, ActorKind.CUSTOMER);
      const byAi = opensAsAi(customer, context);
      const words = await wordsOf(request.description || request.subject, request.ticketId, context);
      return writing(TicketService.method.createFollowUp, request, context, customer, async (trx, info) => {
        const closed = await findTicket(trx, request.ticketId);
        if (!closed) throw notFound(request.ticketId);
        // What was merged into a ticket that is open would be worked on twice.
        const latest = closed.mergedInto ? await goesOnIn(trx, closed.id) : closed;
        if (latest && latest.status !== TicketStatus.CLOSED) throw notClosed(latest);
        if (!request.actor) customer.id = closed.customerId;
        const ticket = await beginFollowUp(trx, info, closed, request, words);
        if (byAi) await markAsAi(trx, [ticket.id]);
        return { ticket };
      });
    },

    async listTicketHistory(request) {
      if (!(await findTicket(knex, request.ticketId))) throw notFound(request.ticketId);
      const events = eventsOf(knex, request.ticketId);
      const scope = { schema: ListTicketHistoryRequestSchema, request, order: BY_POSITION };
      const { rows, ...page } = await countedPage<EventRow, typeof ListTicketHistoryRequestSchema>(events, scope);
      return { events: rows.map(toEvent), ...page };
    },

    async listEvents(request) {
      const events = eventsAfter(knex, request.afterPosition, request.types);
      const scope = { schema: ListEventsRequestSchema, request, order: BY_POSITION };
      const sizes = { default: 100, max: 1000 };
      const { rows, nextPageToken } = await listPage<EventRow, typeof ListEventsRequestSchema>(events, scope, sizes);
      return { events: rows.map(toEvent), nextPageToken };
    },

    async *watchEvents(request, context) {
      const signal = AbortSignal.any([context.signal, closing]);
      for await (const event of watchEvents(knex, bell, request, signal)) yield { event };
      if (closing.aborted) {
        throw fail(
          Code.Unavailable,
          "SHUTTING_DOWN",
          "The ticket service shuts down. Watch again from the last position.",
        );
      }
    },

    async importTickets(requests, context) {
      const resolve = customers.resolver(context);
      const response = await importTickets({ database, policy, now, origin: originOf(context) }, requests, resolve);
      bell.ring();
      catchUp.wake();
      return response;
    },
  };
}

function notClosed(ticket: Ticket) {
  return fail(
    Code.FailedPrecondition,
    "TICKET_NOT_CLOSED",
    `${ticket.id} is not closed; only a closed ticket is followed up. Write to the ticket itself instead.`,
    { ticket_id: ticket.id },
  );
}
