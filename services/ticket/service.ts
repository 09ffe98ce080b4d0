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
import { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { MessageDelivery, MessageVisibility } from "#gen/deskwire/ticket/v1/message_pb.js";
import {
  type Ticket,
  TicketChannel,
  TicketPriority,
  TicketSchema,
  TicketStatus,
  WaitingOn,
} from "#gen/deskwire/ticket/v1/ticket_pb.js";
import {
  ListEventsRequestSchema,
  ListTicketHistoryRequestSchema,
  ListTicketMessagesRequestSchema,
  ListTicketsRequestSchema,
  TicketService,
  UpdateTicketRequestSchema,
} from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { methodName, originOf } from "../../runtime/call.ts";
import { type Database, isUniqueViolation } from "../../runtime/database/database.ts";
import { fail } from "../../runtime/errors.ts";
import { listPage, totalSize } from "../../runtime/pagination.ts";
import { maskedFields, mutableFields } from "../../runtime/resource.ts";
import { write } from "../../runtime/write.ts";
import { beginFollowUp, recordReply } from "./conversation.ts";
import type { CustomerDirectory } from "./customer-directory.ts";
import { notFound, TicketDraft, type WriteInfo } from "./draft.ts";
import { BY_POSITION, type EventRow, eventsAfter, eventsOf, toEvent } from "./event-store.ts";
import { importTickets } from "./import.ts";
import { receiveMessage } from "./inbound/receive-message.ts";
import { orderColumns, ticketsMatching } from "./list.ts";
import { latestMessages, type MessageRow, messagesOf, moveMessages, OLDEST_FIRST, toMessage } from "./message-store.ts";
import { assertNothingMissed } from "./missed.ts";
import { isDone } from "./status.ts";
import { findByExternalIds, findTicket, type TicketRow, toTicket } from "./ticket-store.ts";
import { type EventBell, watchEvents } from "./watch.ts";

const MUTABLE = mutableFields(UpdateTicketRequestSchema);
/** What a caller may say of a new ticket; the rest is the service's own. */
const SETTABLE = [...MUTABLE, "description", "customer_id"];
const NOTE_CHARACTERS = 100;
const DEFAULT_MESSAGES = 50;
const MAX_TAGS = 50;
const DEFAULTS = { priority: TicketPriority.NORMAL, channel: TicketChannel.API, waitingOn: WaitingOn.DESK } as const;

/** What the ticket service stands on. */
export interface TicketServiceOptions {
  readonly database: Database;
  readonly customers: CustomerDirectory;
  readonly bell: EventBell;
  /** Ends the streams of the log when the service closes. */
  readonly closing: AbortSignal;
  /** Milliseconds UTC. */
  readonly now: () => number;
}

function actorOr(actor: Actor | undefined, kind: ActorKind, id = ""): Actor {
  return actor ?? create(ActorSchema, { kind, id });
}

/** The note that an answer asks for: the first 100 code points, so that no character is cut in two. */
function customerNote(ticketId: string, response: string): string {
  return `Ticket ${ticketId} - Response: ${[...response].slice(0, NOTE_CHARACTERS).join("")}...`;
}

/** Puts the default where an update clears what cannot be empty. */
function withDefaults(fields: Partial<Ticket>): Partial<Ticket> {
  const empty = Object.entries(DEFAULTS).filter(([name]) => fields[name as keyof typeof DEFAULTS] === 0);
  return { ...fields, ...Object.fromEntries(empty) };
}

function withTags(ticket: Ticket, add: readonly string[], remove: readonly string[]): Partial<Ticket> {
  if (add.length === 0 && remove.length === 0) return {};
  const tags = [...new Set([...ticket.tags, ...add])].filter((tag) => !remove.includes(tag));
  if (tags.length <= MAX_TAGS) return { tags };
  throw fail(
    Code.InvalidArgument,
    "TOO_MANY_TAGS",
    `${ticket.id} would have ${tags.length} tags; ${MAX_TAGS} are allowed. Take some away with remove_tags.`,
  );
}

/** Makes the ticket service over a database. */
export function ticketService(options: TicketServiceOptions): ServiceImpl<typeof TicketService> {
  const { database, customers, bell, closing, now } = options;
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
    const info: WriteInfo = { actor, clock: now, method: methodName(method), requestId, origin };
    const response = await write(database, { method, request, context, now: now() }, (trx) => work(trx, info));
    bell.ring();
    return response;
  }

  /** Says which ticket has the external id that a write failed on. */
  async function orExternalIdTaken<T>(externalId: string, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (!isUniqueViolation(error, "ticket.external_id")) throw error;
      const holder = (await findByExternalIds(knex, [externalId])).get(externalId) ?? "";
      throw fail(
        Code.AlreadyExists,
        "EXTERNAL_ID_TAKEN",
        `The external id ${externalId} belongs to ticket ${holder}. Use that ticket, or another external id.`,
        { ticket_id: holder, external_id: externalId },
      );
    }
  }

  return {
    async createTicket(request, context) {
      const { ticket = create(TicketSchema) } = request;
      await customers.assertExists(ticket.customerId, context);
      const actor = actorOr(request.actor, ActorKind.CUSTOMER, ticket.customerId);
      const work = writing(TicketService.method.createTicket, request, context, actor, async (trx, info) => {
        const draft = await TicketDraft.begin(trx, info, {
          ...DEFAULTS,
          ...maskedFields(TicketSchema, { patch: ticket, mask: undefined, current: ticket }, SETTABLE),
          status: ticket.status || TicketStatus.OPEN,
        });
        return { ticket: await draft.save() };
      });
      return orExternalIdTaken(ticket.externalId, work);
    },

    async getTicket({ ticketId, messageLimit }) {
      const ticket = await findTicket(knex, ticketId);
      if (!ticket) throw notFound(ticketId);
      const messages = await latestMessages(knex, ticketId, messageLimit || DEFAULT_MESSAGES);
      return { ticket, messages, earlierMessageCount: Math.max(0, ticket.messageCount - messages.length) };
    },

    async listTicketMessages(request) {
      if (!(await findTicket(knex, request.ticketId))) throw notFound(request.ticketId);
      const messages = messagesOf(knex, request.ticketId);
      const scope = { schema: ListTicketMessagesRequestSchema, request, order: OLDEST_FIRST };
      const { rows, nextPageToken } = await listPage<MessageRow, typeof ListTicketMessagesRequestSchema>(
        messages,
        scope,
      );
      return { messages: rows.map(toMessage), nextPageToken, totalSize: await totalSize(messages) };
    },

    async listTickets(request) {
      const matching = ticketsMatching(database, request);
      const scope = { schema: ListTicketsRequestSchema, request, order: orderColumns(request.order) };
      const { rows, nextPageToken } = await listPage<TicketRow, typeof ListTicketsRequestSchema>(matching, scope);
      return { tickets: rows.map(toTicket), nextPageToken, totalSize: await totalSize(matching) };
    },

    updateTicket(request, context) {
      const { ticket: patch = create(TicketSchema) } = request;
      const actor = actorOr(request.actor, ActorKind.AGENT);
      const work = writing(TicketService.method.updateTicket, request, context, actor, async (trx, info) => {
        const draft = await TicketDraft.load(trx, info, patch.id);
        await assertNothingMissed(trx, draft.ticket, patch.etag);
        draft.assertNotClosed();
        draft.change(
          withDefaults(maskedFields(TicketSchema, { patch, mask: request.updateMask, current: draft.ticket }, MUTABLE)),
        );
        draft.change(withTags(draft.ticket, request.addTags, request.removeTags));
        return { ticket: await draft.move(request.updateStatus).save() };
      });
      return orExternalIdTaken(patch.externalId, work);
    },

    respondToTicket(request, context) {
      const actor = actorOr(request.author, ActorKind.AGENT);
      return writing(TicketService.method.respondToTicket, request, context, actor, async (trx, info) => {
        const draft = await TicketDraft.load(trx, info, request.ticketId);
        await assertNothingMissed(trx, draft.ticket, request.etag);
        draft.assertNotClosed().move(request.updateStatus);
        const stored = { delivery: MessageDelivery.STORED };
        const message = await draft.addMessage(MessageVisibility.PUBLIC, request.response, stored);
        if (!isDone(draft.ticket.status)) draft.change({ waitingOn: WaitingOn.CUSTOMER });
        if (!draft.ticket.firstResponseTime) draft.change({ firstResponseTime: message.createTime as never });
        if (request.addCustomerNote) draft.requestCustomerNote(customerNote(request.ticketId, request.response));
        return { ticket: await draft.save(), message };
      });
    },

    recordCustomerReply(request, context) {
      const customer = create(ActorSchema, { kind: ActorKind.CUSTOMER });
      return writing(TicketService.method.recordCustomerReply, request, context, customer, async (trx, info) => {
        const draft = await TicketDraft.load(trx, info, request.ticketId);
        customer.id = draft.ticket.customerId;
        return recordReply(draft, request.body);
      });
    },

    async receiveMessage(request, context) {
      const response = await receiveMessage({ database, customers, now }, request, context);
      bell.ring();
      return response;
    },

    addInternalNote(request, context) {
      const actor = actorOr(request.author, ActorKind.AGENT);
      return writing(TicketService.method.addInternalNote, request, context, actor, async (trx, info) => {
        const draft = (await TicketDraft.load(trx, info, request.ticketId)).assertNotClosed();
        const message = await draft.addMessage(MessageVisibility.INTERNAL, request.body);
        return { ticket: await draft.save(), message };
      });
    },

    changeStatus(request, context) {
      const actor = actorOr(request.actor, ActorKind.AGENT);
      return writing(TicketService.method.changeStatus, request, context, actor, async (trx, info) => {
        const draft = await TicketDraft.load(trx, info, request.ticketId);
        await assertNothingMissed(trx, draft.ticket, request.etag);
        return { ticket: await draft.move(request.status).save() };
      });
    },

    mergeTickets(request, context) {
      const actor = actorOr(request.actor, ActorKind.AGENT);
      return writing(TicketService.method.mergeTickets, request, context, actor, async (trx, info) => {
        const { ticketId, intoTicketId } = request;
        const drafts = new Map<string, TicketDraft>();
        // Always in the same order, so that two merges of the same tickets do not wait for each other for ever.
        for (const id of [ticketId, intoTicketId].sort()) drafts.set(id, await TicketDraft.load(trx, info, id));
        const merged = (drafts.get(ticketId) as TicketDraft).assertNotClosed();
        const into = (drafts.get(intoTicketId) as TicketDraft).assertNotClosed();
        // What is still to be done must not vanish in a ticket that counts as done.
        if (isDone(into.ticket.status) && !isDone(merged.ticket.status)) into.move(TicketStatus.OPEN);
        return { mergedTicket: await closeInto(trx, merged, into), ticket: await into.save() };
      });
    },

    createFollowUp(request, context) {
      const customer = actorOr(request.actor, ActorKind.CUSTOMER);
      return writing(TicketService.method.createFollowUp, request, context, customer, async (trx, info) => {
        const closed = await findTicket(trx, request.ticketId);
        if (!closed) throw notFound(request.ticketId);
        if (closed.status !== TicketStatus.CLOSED) throw notClosed(closed);
        if (!request.actor) customer.id = closed.customerId;
        return { ticket: await beginFollowUp(trx, info, closed, request) };
      });
    },

    async listTicketHistory(request) {
      if (!(await findTicket(knex, request.ticketId))) throw notFound(request.ticketId);
      const events = eventsOf(knex, request.ticketId);
      const scope = { schema: ListTicketHistoryRequestSchema, request, order: BY_POSITION };
      const { rows, nextPageToken } = await listPage<EventRow, typeof ListTicketHistoryRequestSchema>(events, scope);
      return { events: rows.map(toEvent), nextPageToken, totalSize: await totalSize(events) };
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
      const response = await importTickets({ database, resolve, now, origin: originOf(context) }, requests);
      bell.ring();
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

/** Moves the conversation of one ticket, its description first, into another, and closes it. */
async function closeInto(trx: Knex.Transaction, merged: TicketDraft, into: TicketDraft): Promise<Ticket> {
  const { id, customerId, description, subject, createTime, messageCount } = merged.ticket;
  if (customerId !== into.ticket.customerId) {
    throw fail(
      Code.FailedPrecondition,
      "CUSTOMERS_DIFFER",
      `${id} is of ${customerId}, ${into.ticket.id} of ${into.ticket.customerId}: tickets of different customers are not merged.`,
      { ticket_id: id, into_ticket_id: into.ticket.id },
    );
  }
  await moveMessages(trx, id, into.ticket.id);
  const author = create(ActorSchema, { kind: ActorKind.CUSTOMER, id: customerId });
  const from: Partial<Parameters<TicketDraft["addMessage"]>[2] & object> = { author, mergedFrom: id };
  if (createTime) from.createTime = createTime;
  await into.addMessage(MessageVisibility.PUBLIC, description || subject, from);
  into.change({ messageCount: into.ticket.messageCount + messageCount });
  merged.move(TicketStatus.CLOSED).change({ mergedInto: into.ticket.id, messageCount: 0 });
  return merged.save(TicketEventType.MERGED);
}
