// What a customer's words do to a ticket, whichever way they come in.
import type { Knex } from "knex";
import { MessageVisibility, type TicketMessage } from "#gen/deskwire/ticket/v1/message_pb.js";
import { type Ticket, TicketStatus, WaitingOn } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { TicketDraft, type WriteInfo } from "./draft.ts";

/**
 * Adds a customer's reply; a resolved ticket is opened again by it.
 *
 * @throws ConnectError `failed_precondition` (TICKET_CLOSED)
 */
export async function recordReply(
  draft: TicketDraft,
  body: string,
): Promise<{ ticket: Ticket; message: TicketMessage }> {
  draft.assertNotClosed();
  const message = await draft.addMessage(MessageVisibility.PUBLIC, body);
  if (draft.ticket.status === TicketStatus.RESOLVED) draft.move(TicketStatus.OPEN);
  return { ticket: await draft.change({ waitingOn: WaitingOn.DESK }).save(), message };
}

/** Opens a ticket that takes up a closed one; without a subject it keeps that one's. */
export async function beginFollowUp(
  trx: Knex.Transaction,
  info: WriteInfo,
  closed: Ticket,
  { subject, description }: { readonly subject: string; readonly description: string },
): Promise<Ticket> {
  const { customerId, priority, category, channel, tags, assignee, team, customFields } = closed;
  const draft = await TicketDraft.begin(trx, info, {
    ...{ customerId, priority, category, channel, tags, assignee, team, customFields, description },
    subject: subject || closed.subject,
    status: TicketStatus.OPEN,
    waitingOn: WaitingOn.DESK,
    followUpOf: closed.id,
  });
  return await draft.save();
}
