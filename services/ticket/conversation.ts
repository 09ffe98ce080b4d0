// What a customer's words do to a ticket, whichever way they come in.
import type { Knex } from "knex";
import { MessageVisibility, type TicketMessage } from "#gen/deskwire/ticket/v1/message_pb.js";
import { type Ticket, TicketStatus, WaitingOn } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { TicketDraft, type Words, type WriteInfo } from "./draft.ts";

/**
 * Adds a customer's reply; a resolved ticket is opened again by it.
 *
 * @throws ConnectError `failed_precondition` (TICKET_CLOSED)
 */
export async function recordReply(
  draft: TicketDraft,
  body: string,
  words?: Words,
): Promise<{ ticket: Ticket; message: TicketMessage }> {
  await draft.assertNotClosed();
  const message = await draft.addMessage(MessageVisibility.PUBLIC, body);
  const { waitingOn, unansweredFollowUps } = draft.ticket;
  if (waitingOn === WaitingOn.DESK) draft.change({ unansweredFollowUps: unansweredFollowUps + 1 });
  if (draft.ticket.status === TicketStatus.RESOLVED) draft.move(TicketStatus.OPEN);
  return { ticket: await draft.heed(words).change({ waitingOn: WaitingOn.DESK }).save(), message };
}

/** Opens a ticket that takes up a closed one; without a subject it keeps that one's. */
export async function beginFollowUp(
  trx: Knex.Transaction,
  info: WriteInfo,
  closed: Ticket,
  { subject, description }: { readonly subject: string; readonly description: string },
  words: Words,
): Promise<Ticket> {
  const { customerId, priority, category, channel, tags, assignee, team, customFields, plan } = closed;
  const draft = await TicketDraft.begin(trx, info, {
    ...{ customerId, priority, category, channel, tags, assignee, team, customFields, plan, description },
    subject: subject || closed.subject,
    status: TicketStatus.OPEN,
    waitingOn: WaitingOn.DESK,
    followUpOf: closed.id,
  });
  return await draft.heed(words).save();
}
