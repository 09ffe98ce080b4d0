// The writes to one ticket that an AI agent may ask for: done at once, or, where `info.hold` is set, put before a person.
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type { Knex } from "knex";
import { type Actor, ActorKind, ActorSchema } from "#gen/deskwire/actor/v1/actor_pb.js";
import { MessageDelivery, MessageVisibility } from "#gen/deskwire/ticket/v1/message_pb.js";
import {
  type Ticket,
  TicketChannel,
  TicketPriority,
  TicketSchema,
  WaitingOn,
} from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { TicketService, UpdateTicketRequestSchema } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { methodName } from "../../runtime/calls/call.ts";
import { fail } from "../../runtime/errors.ts";
import { maskedFields, mutableFields } from "../../runtime/messages/resource.ts";
import { recordReply } from "./conversation.ts";
import { answerNotePrefix } from "./customer-directory.ts";
import { TicketDraft, type WriteInfo } from "./draft.ts";
import { assertExternalIdFree } from "./external-id.ts";
import { mergeTickets } from "./merge.ts";
import { assertNothingMissed } from "./missed.ts";
import { markAsAi, subjectOf } from "./outgoing/provenance.ts";
import { assertWaits, isDone } from "./status.ts";

const { method } = TicketService;
const NOTE_CHARACTERS = 100;
const MAX_TAGS = 50;

/** What a caller may change of a ticket. */
export const MUTABLE = mutableFields(UpdateTicketRequestSchema);
/** What a ticket is where nobody said. */
export const DEFAULTS = {
  priority: TicketPriority.NORMAL,
  channel: TicketChannel.API,
  waitingOn: WaitingOn.DESK,
} as const;

/** One kind of write. */
export interface Action<I extends DescMessage = DescMessage, O extends DescMessage = DescMessage> {
  readonly method: DescMethodUnary<I, O>;
  /** The tool by which AI agents ask for it. */
  readonly tool: string;
  /** The ticket that it is for. */
  readonly ticketId: (request: MessageShape<I>) => string;
  /** Who asks for it. */
  readonly actor: (request: MessageShape<I>) => Actor;
  /** The field of the request that holds a text which people read. */
  readonly text?: keyof MessageShape<I> & string;
  /** Does it, or holds it once it is known to be allowed. */
  run(trx: Knex.Transaction, info: WriteInfo, request: MessageShape<I>): Promise<MessageInitShape<O>>;
}

/** The actor that a call names; an agent where it names none. */
export const agentUnless = (actor: Actor | undefined): Actor => actor ?? create(ActorSchema, { kind: ActorKind.AGENT });

const action = <I extends DescMessage, O extends DescMessage>(it: Action<I, O>): Action<I, O> => it;

/** The note that an answer asks for: the first 100 code points, so that no character is cut in two. */
function customerNote(ticketId: string, response: string): string {
  return `${answerNotePrefix(ticketId)}${[...response].slice(0, NOTE_CHARACTERS).join("")}...`;
}

/** An answer to the customer, with the status that fits and the wish for a note. */
export const respond = action({
  method: method.respondToTicket,
  tool: "respond_to_ticket",
  ticketId: ({ ticketId }) => ticketId,
  actor: ({ author }) => agentUnless(author),
  text: "response",
  async run(trx, info, request) {
    const draft = await TicketDraft.load(trx, info, request.ticketId);
    await assertNothingMissed(trx, draft.ticket, request.etag);
    (await draft.assertNotClosed()).move(request.updateStatus);
    if (info.hold) return info.hold(draft.stored);
    const stored = { delivery: MessageDelivery.STORED };
    const message = await draft.addMessage(MessageVisibility.PUBLIC, request.response, stored);
    if (!isDone(draft.ticket.status)) draft.change({ waitingOn: WaitingOn.CUSTOMER });
    if (!draft.ticket.firstResponseTime) draft.change({ firstResponseTime: message.createTime as never });
    if (request.addCustomerNote) draft.requestCustomerNote(customerNote(request.ticketId, request.response));
    return { ticket: await draft.save(), message };
  },
});

/** What the customer said, written down by somebody else. */
export const recordCustomerReply = action({
  method: method.recordCustomerReply,
  tool: "record_customer_reply",
  ticketId: ({ ticketId }) => ticketId,
  actor: ({ recorder }) => recorder ?? create(ActorSchema, { kind: ActorKind.CUSTOMER }),
  text: "body",
  async run(trx, info, request) {
    const actor = create(ActorSchema, { kind: ActorKind.CUSTOMER });
    const draft = await TicketDraft.load(trx, { ...info, actor }, request.ticketId);
    actor.id = draft.ticket.customerId;
    if (info.hold) return info.hold((await draft.assertNotClosed()).stored);
    const recorded = await recordReply(draft, request.body, info.words);
    if (info.byAi) await markAsAi(trx, [recorded.message.id]);
    return recorded;
  },
});

/** A message that the desk alone reads. */
export const addInternalNote = action({
  method: method.addInternalNote,
  tool: "add_internal_note",
  ticketId: ({ ticketId }) => ticketId,
  actor: ({ author }) => agentUnless(author),
  text: "body",
  async run(trx, info, request) {
    const draft = await (await TicketDraft.load(trx, info, request.ticketId)).assertNotClosed();
    if (info.hold) return info.hold(draft.stored);
    const message = await draft.addMessage(MessageVisibility.INTERNAL, request.body);
    return { ticket: await draft.save(), message };
  },
});

/** Puts the default where an update clears what cannot be empty; a ticket that is done waits on nobody. */
function withDefaults(fields: Partial<Ticket>, { status }: Ticket): Partial<Ticket> {
  const defaults = isDone(status) ? { ...DEFAULTS, waitingOn: WaitingOn.NOBODY } : DEFAULTS;
  const empty = Object.entries(defaults).filter(([name]) => fields[name as keyof typeof DEFAULTS] === 0);
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

/** Fields, labels and status of a ticket. */
export const updateTicket = action({
  method: method.updateTicket,
  tool: "update_ticket",
  ticketId: ({ ticket }) => ticket?.id ?? "",
  actor: ({ actor }) => agentUnless(actor),
  async run(trx, info, { ticket: patch = create(TicketSchema), updateMask: mask, addTags, removeTags, updateStatus }) {
    const draft = await TicketDraft.load(trx, info, patch.id);
    await assertNothingMissed(trx, draft.ticket, patch.etag);
    // The status first: it has a say in who has to act next, and the update the last word.
    (await draft.assertNotClosed()).move(updateStatus);
    const fields = maskedFields(TicketSchema, { patch, mask, current: draft.ticket }, MUTABLE);
    draft.change(withDefaults(fields, draft.ticket));
    draft.change(withTags(draft.ticket, addTags, removeTags));
    assertWaits(draft.ticket);
    const { externalId } = draft.ticket;
    if (externalId !== draft.stored.externalId) await assertExternalIdFree(trx, externalId);
    if (info.hold) return info.hold(draft.stored);
    if (info.byAi && draft.ticket.subject !== draft.stored.subject) await markAsAi(trx, [subjectOf(patch.id)]);
    return { ticket: await draft.save() };
  },
});

/** The status alone; for a policy it is the tool `update_ticket` as well. */
export const changeStatus = action({
  method: method.changeStatus,
  tool: "update_ticket",
  ticketId: ({ ticketId }) => ticketId,
  actor: ({ actor }) => agentUnless(actor),
  async run(trx, info, request) {
    const draft = await TicketDraft.load(trx, info, request.ticketId);
    await assertNothingMissed(trx, draft.ticket, request.etag);
    draft.move(request.status);
    return info.hold ? info.hold(draft.stored) : { ticket: await draft.save() };
  },
});

/** Two tickets become one. */
export const merge = action({
  method: method.mergeTickets,
  tool: "merge_tickets",
  ticketId: ({ ticketId }) => ticketId,
  actor: ({ actor }) => agentUnless(actor),
  run: mergeTickets,
});

/** Every action, by the full name of its method. */
export const ACTIONS: ReadonlyMap<string, Action> = new Map(
  [respond, recordCustomerReply, addInternalNote, updateTicket, changeStatus, merge].map(
    (it) => [methodName(it.method), it as unknown as Action] as const,
  ),
);
