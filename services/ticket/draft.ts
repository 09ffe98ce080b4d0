// One write to tickets: tickets are changed in memory, then stored with the events that tell what changed.
import { create } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import type { Knex } from "knex";
import type { Actor } from "#gen/deskwire/actor/v1/actor_pb.js";
import type { Approval } from "#gen/deskwire/ticket/v1/approval_pb.js";
import { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { MessageDelivery, type MessageVisibility, type TicketMessage } from "#gen/deskwire/ticket/v1/message_pb.js";
import { type Ticket, TicketSchema, TicketStatus, TicketUrgency } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import type { Origin } from "../../runtime/calls/call.ts";
import { take } from "../../runtime/database/counter.ts";
import { fail } from "../../runtime/errors.ts";
import { formatId } from "../../runtime/messages/ids.ts";
import { toTimestamp } from "../../runtime/messages/timestamps.ts";
import type { Policy } from "../../runtime/policy/policy.ts";
import { type Change, differences } from "./differences.ts";
import { appendEvents, type NewEvent } from "./event-store.ts";
import { insertMessages } from "./message-store.ts";
import { dueTime } from "./priority/due.ts";
import type { Reading } from "./priority/text-reader.ts";
import { closedError, moveTo } from "./status.ts";
import { goesOnIn } from "./thread.ts";
import { findTicket, insertTickets, markUnread, updateTicket } from "./ticket-store.ts";

/** Fields that change along with the status. */
const WITH_STATUS = new Set(["status", "waiting_on", "waiting_since", "resolve_time", "close_time", "reopen_count"]);

/** Who writes, when, by which call, and under which rules. */
export interface WriteInfo {
  readonly actor: Actor;
  /** Tells the time in milliseconds UTC. */
  readonly clock: () => number;
  /** Such as `deskwire.ticket.v1.TicketService/RespondToTicket`. */
  readonly method: string;
  readonly requestId: string;
  /** Whose credentials, program and tool. */
  readonly origin: Origin;
  readonly policy: Policy;
  /** What is known of a customer's words that the call brings. */
  readonly words?: Words | undefined;
  /** Whether it counts as an AI agent's. */
  readonly byAi?: boolean;
  /** Set where a person has to approve the write: puts it aside instead, given the ticket as it is. */
  readonly hold?: ((ticket: Ticket) => Promise<{ ticket: Ticket; approval: Approval }>) | undefined;
}

/** What is known of the words that a customer has just written. */
export interface Words {
  /** Undefined where they have not been read. */
  readonly reading: Reading | undefined;
  /** The customer's plan; undefined where the CRM could not be asked. */
  readonly plan: string | undefined;
}

const NOTHING_KNOWN: Words = { reading: undefined, plan: undefined };

/** The error for a ticket that does not exist. */
export function notFound(ticketId: string) {
  return fail(
    Code.NotFound,
    "TICKET_NOT_FOUND",
    `There is no ticket ${ticketId}. Check the number, or find the ticket with ListTickets (tool search_tickets).`,
    { ticket_id: ticketId },
  );
}

/** A ticket that is being written to. */
export class TicketDraft {
  readonly #trx: Knex.Transaction;
  readonly #info: WriteInfo;
  /** Milliseconds UTC. */
  readonly #now: number;
  readonly #before: Ticket | undefined;
  readonly #messages: TicketMessage[] = [];
  readonly #notes: string[] = [];
  #unread = false;
  #ticket: Ticket;

  private constructor(trx: Knex.Transaction, info: WriteInfo, ticket: Ticket, before: Ticket | undefined) {
    this.#trx = trx;
    this.#info = info;
    // Taken once the ticket is locked, and never before its last change: writers that waited for each other, or clocks
    // that differ, must not turn a conversation around.
    this.#now = Math.max(info.clock(), ticket.updateTime ? timestampMs(ticket.updateTime) : 0);
    this.#ticket = ticket;
    this.#before = before;
  }

  /**
   * Loads a ticket and keeps it from other writers until the transaction ends.
   *
   * @throws ConnectError `not_found` (TICKET_NOT_FOUND)
   */
  static async load(trx: Knex.Transaction, info: WriteInfo, ticketId: string): Promise<TicketDraft> {
    const ticket = await findTicket(trx, ticketId, true);
    if (!ticket) throw notFound(ticketId);
    return new TicketDraft(trx, info, ticket, ticket);
  }

  /** Begins a new ticket. */
  static async begin(trx: Knex.Transaction, info: WriteInfo, fields: Partial<Ticket>): Promise<TicketDraft> {
    const id = formatId("TKT", await take(trx, "ticket"));
    const time = toTimestamp(info.clock());
    const times = { createTime: time, updateTime: time, waitingSince: time };
    const urgency = TicketUrgency.MEDIUM;
    const ticket = create(TicketSchema, { urgency, ...fields, ...times, id, etag: "v0" } as never);
    return new TicketDraft(trx, info, ticket, undefined);
  }

  get ticket(): Ticket {
    return this.#ticket;
  }

  /** The ticket as it was loaded. */
  get stored(): Ticket {
    return this.#before ?? this.#ticket;
  }

  /** @throws ConnectError `failed_precondition` (TICKET_CLOSED) */
  async assertNotClosed(): Promise<this> {
    const { id, status } = this.#ticket;
    if (status !== TicketStatus.CLOSED) return this;
    const latest = await goesOnIn(this.#trx, id);
    throw closedError(id, latest?.status === TicketStatus.CLOSED ? undefined : latest?.id);
  }

  /** Changes fields. */
  change(fields: Partial<Ticket>): this {
    const waited = fields.waitingOn !== undefined && fields.waitingOn !== this.#ticket.waitingOn;
    const since = waited ? { waitingSince: toTimestamp(this.#now), unansweredFollowUps: 0 } : {};
    this.#ticket = { ...this.#ticket, ...fields, ...since };
    return this;
  }

  /**
   * Moves the ticket to a status; undefined leaves it where it is.
   *
   * @throws ConnectError `failed_precondition` (STATUS_TRANSITION_ILLEGAL)
   */
  move(status: TicketStatus | undefined): this {
    return status === undefined ? this : this.change(moveTo(this.#ticket, status, this.#now));
  }

  /** Adds a message, by default of whoever writes and of now. */
  async addMessage(
    visibility: MessageVisibility,
    body: string,
    from: Partial<TicketMessage> = {},
  ): Promise<TicketMessage> {
    const message: TicketMessage = {
      $typeName: "deskwire.ticket.v1.TicketMessage",
      id: formatId("MSG", await take(this.#trx, "message")),
      ticketId: this.#ticket.id,
      author: this.#info.actor,
      visibility,
      body,
      createTime: toTimestamp(this.#now),
      mergedFrom: "",
      delivery: MessageDelivery.UNSPECIFIED,
      ...from,
    };
    this.#messages.push(message);
    return message;
  }

  /** Takes in what is known of the customer's latest words; what could not be read now is read later. */
  heed({ reading, plan = this.#ticket.plan }: Words = NOTHING_KNOWN): this {
    this.#unread = reading === undefined;
    return this.change({ ...reading, plan });
  }

  /** Asks the CRM to keep a note about the customer. */
  requestCustomerNote(text: string): void {
    this.#notes.push(text);
  }

  /**
   * Stores the ticket, its new messages and the events. Where only what is worked out from other fields has changed, that is
   * stored without an event. Returns the ticket.
   */
  async save(mainType: TicketEventType = TicketEventType.UPDATED): Promise<Ticket> {
    this.#ticket = { ...this.#ticket, dueTime: dueTime(this.#info.policy, this.#ticket) as never };
    const changes = differences(this.#before, this.#ticket);
    if (this.#before && changes.length === 0 && this.#messages.length === 0 && this.#notes.length === 0) {
      await updateTicket(this.#trx, this.#before, this.#ticket);
      return this.#ticket;
    }
    this.#ticket = {
      ...this.#ticket,
      etag: `v${Number(this.#ticket.etag.slice(1)) + 1}`,
      updateTime: toTimestamp(this.#now),
      messageCount: this.#ticket.messageCount + this.#messages.length,
    };
    if (this.#before) await updateTicket(this.#trx, this.#before, this.#ticket);
    else await insertTickets(this.#trx, [this.#ticket]);
    await insertMessages(this.#trx, this.#messages);
    if (this.#unread) await markUnread(this.#trx, [this.#ticket.id]);
    await appendEvents(this.#trx, this.#events(changes, this.#before ? mainType : TicketEventType.CREATED));
    return this.#ticket;
  }

  #events(changes: readonly Change[], mainType: TicketEventType): NewEvent[] {
    const { actor, method, requestId, origin } = this.#info;
    const { id: ticketId, customerId, etag } = this.#ticket;
    const call = { method, requestId, ...origin };
    const common = { ticketId, customerId, etag, actor, createTime: toTimestamp(this.#now), ...call };
    const moved = this.#before !== undefined && this.#before.status !== this.#ticket.status;
    const apart = moved && mainType !== TicketEventType.MERGED;
    const withStatus = apart ? changes.filter(({ field }) => WITH_STATUS.has(field)) : [];
    const rest = changes.filter((change) => !withStatus.includes(change));
    // A message brings the changes that it caused along, such as who is waited on now.
    const [first, ...others] = this.#before ? this.#messages : [undefined, ...this.#messages];
    const events: NewEvent[] = [];
    if (first) events.push({ ...common, type: TicketEventType.MESSAGE_ADDED, message: first, changes: rest });
    else if (rest.length > 0) events.push({ ...common, type: mainType, changes: rest });
    for (const message of others) events.push({ ...common, type: TicketEventType.MESSAGE_ADDED, message });
    if (apart) events.push({ ...common, type: TicketEventType.STATUS_CHANGED, changes: withStatus });
    for (const customerNote of this.#notes) {
      events.push({ ...common, type: TicketEventType.CUSTOMER_NOTE_REQUESTED, customerNote });
    }
    return events;
  }
}
