// Merging two tickets of a customer into one.
import { create } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import type { Knex } from "knex";
import { ActorKind, ActorSchema } from "#gen/deskwire/actor/v1/actor_pb.js";
import type { Approval } from "#gen/deskwire/ticket/v1/approval_pb.js";
import { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { MessageVisibility } from "#gen/deskwire/ticket/v1/message_pb.js";
import { type Ticket, TicketStatus, WaitingOn } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { fail } from "../../runtime/errors.ts";
import { toTimestamp } from "../../runtime/messages/timestamps.ts";
import { TicketDraft, type WriteInfo } from "./draft.ts";
import { messagesOf, moveMessages } from "./message-store.ts";
import { aiTexts, markAsAi } from "./outgoing/provenance.ts";
import { isDone } from "./status.ts";

/** What two tickets that are merged became, or still are where a person has to approve the merge. */
export interface Merged {
  /** The one that stays. */
  readonly ticket: Ticket;
  /** The one that is closed by it. */
  readonly mergedTicket: Ticket;
  readonly approval?: Approval;
}

/**
 * Moves a ticket's description and conversation into another ticket of the same customer, and closes it; or holds that. A
 * resolved ticket is opened again when one that is not done is merged into it.
 *
 * @throws ConnectError TICKET_NOT_FOUND; `failed_precondition` (TICKET_CLOSED, CUSTOMERS_DIFFER)
 */
export async function mergeTickets(
  trx: Knex.Transaction,
  info: WriteInfo,
  { ticketId, intoTicketId }: { readonly ticketId: string; readonly intoTicketId: string },
): Promise<Merged> {
  const drafts = new Map<string, TicketDraft>();
  // Always in the same order, so that two merges of the same tickets do not wait for each other for ever.
  for (const id of [ticketId, intoTicketId].sort()) drafts.set(id, await TicketDraft.load(trx, info, id));
  const merged = await (drafts.get(ticketId) as TicketDraft).assertNotClosed();
  const into = await (drafts.get(intoTicketId) as TicketDraft).assertNotClosed();
  assertSameCustomer(merged.ticket, into.ticket);
  if (info.hold) return { ...(await info.hold(merged.stored)), ticket: into.stored, mergedTicket: merged.stored };
  // What is still to be done must not vanish in a ticket that counts as done.
  if (isDone(into.ticket.status) && !isDone(merged.ticket.status)) into.move(TicketStatus.OPEN);
  joinQueue(into, merged.ticket);
  return { mergedTicket: await closeInto(trx, merged, into), ticket: await into.save() };
}

function assertSameCustomer(merged: Ticket, into: Ticket): void {
  if (merged.customerId === into.customerId) return;
  throw fail(
    Code.FailedPrecondition,
    "CUSTOMERS_DIFFER",
    `${merged.id} is of ${merged.customerId}, ${into.id} of ${into.customerId}: tickets of different customers are not merged.`,
    { ticket_id: merged.id, into_ticket_id: into.id },
  );
}

const since = ({ waitingSince }: Ticket) => (waitingSince ? timestampMs(waitingSince) : 0);

/** Takes over the place in the queue of a ticket that waits on the desk: nobody waits longer because of a merge. */
function joinQueue(into: TicketDraft, merged: Ticket): void {
  if (merged.waitingOn !== WaitingOn.DESK) return;
  const waited = into.ticket.waitingOn === WaitingOn.DESK;
  into.change({ waitingOn: WaitingOn.DESK, urgency: Math.max(into.ticket.urgency, merged.urgency) });
  const { sentimentScore = merged.sentimentScore, unansweredFollowUps } = into.ticket;
  into.change({
    ...(sentimentScore !== undefined && {
      sentimentScore: Math.min(sentimentScore, merged.sentimentScore ?? sentimentScore),
    }),
    unansweredFollowUps: unansweredFollowUps + merged.unansweredFollowUps + (waited ? 1 : 0),
    ...(since(merged) < since(into.ticket) && merged.waitingSince && { waitingSince: merged.waitingSince }),
  });
}

/** When the desk first answered since a ticket was opened: the answers that came over are answers to its customer too. */
async function firstAnswer(trx: Knex.Transaction, { id, createTime }: Ticket): Promise<Partial<Ticket>> {
  const answers = messagesOf(trx, id)
    .where({ visibility: MessageVisibility.PUBLIC })
    .whereIn("author_kind", [ActorKind.AGENT, ActorKind.AI])
    .where("create_time", ">=", createTime ? timestampMs(createTime) : 0);
  const [first] = await answers.min("create_time as time");
  return first?.time ? { firstResponseTime: toTimestamp(first.time) as never } : {};
}

/** Moves the conversation of one ticket, its description first, into another, and closes it. */
async function closeInto(trx: Knex.Transaction, merged: TicketDraft, into: TicketDraft): Promise<Ticket> {
  const { id, customerId, description, subject, createTime, messageCount } = merged.ticket;
  await moveMessages(trx, id, into.ticket.id);
  const author = create(ActorSchema, { kind: ActorKind.CUSTOMER, id: customerId });
  const from: Partial<Parameters<TicketDraft["addMessage"]>[2] & object> = { author, mergedFrom: id };
  if (createTime) from.createTime = createTime;
  const moved = await into.addMessage(MessageVisibility.PUBLIC, description || subject, from);
  if ((await aiTexts(trx, [id])).has(id)) await markAsAi(trx, [moved.id]);
  into.change({ messageCount: into.ticket.messageCount + messageCount, ...(await firstAnswer(trx, into.ticket)) });
  merged.move(TicketStatus.CLOSED).change({ mergedInto: into.ticket.id, messageCount: 0 });
  return merged.save(TicketEventType.MERGED);
}
