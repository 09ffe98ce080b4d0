// Gathers what a reply is held against, and checks it.
import type { HandlerContext } from "@connectrpc/connect";
import type { ApprovalReason } from "#gen/deskwire/ticket/v1/approval_pb.js";
import { MessageVisibility } from "#gen/deskwire/ticket/v1/message_pb.js";
import type { RespondToTicketRequest } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import type { Database } from "../../../runtime/database/database.ts";
import type { CustomerDirectory } from "../customer-directory.ts";
import { type MessageRow, messagesOf } from "../message-store.ts";
import { findTicket } from "../ticket-store.ts";
import { checkReply } from "./check.ts";

/** What the check stands on. */
export interface ReplyCheckOptions {
  readonly database: Database;
  readonly customers: CustomerDirectory;
  /** What replies may name although the ticket does not. */
  readonly allowed: readonly string[];
}

/** Finds what a person has to see before an AI agent's reply goes out. */
export async function findReasons(
  { database, allowed }: ReplyCheckOptions,
  { ticketId, response }: RespondToTicketRequest,
  _context: HandlerContext,
): Promise<ApprovalReason[]> {
  const ticket = await findTicket(database.knex, ticketId);
  // The write itself says that there is none.
  if (!ticket) return [];
  const messages: MessageRow[] = await messagesOf(database.knex, ticketId);
  const bodies = (wanted: MessageVisibility) =>
    messages.filter(({ visibility }) => visibility === wanted).map(({ body }) => body);
  return checkReply(response, {
    known: [ticket.subject, ticket.description, ...bodies(MessageVisibility.PUBLIC)],
    internal: bodies(MessageVisibility.INTERNAL),
    identifiers: new Set([ticketId, ticket.customerId]),
    allowed,
  });
}
