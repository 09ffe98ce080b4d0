// Gathers what a reply is held against, and checks it.
import type { HandlerContext } from "@connectrpc/connect";
import type { Customer } from "#gen/deskwire/crm/v1/customer_pb.js";
import { type ApprovalReason, ApprovalReasonKind } from "#gen/deskwire/ticket/v1/approval_pb.js";
import { MessageVisibility } from "#gen/deskwire/ticket/v1/message_pb.js";
import type { Ticket } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import type { RespondToTicketRequest } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import type { Database } from "../../../runtime/database/database.ts";
import { selectRows } from "../../../runtime/database/rows.ts";
import { formatId, parseId } from "../../../runtime/messages/ids.ts";
import type { CustomerDirectory } from "../customer-directory.ts";
import type { MessageRow } from "../message-store.ts";
import type { TicketRow } from "../ticket-store.ts";
import { checkReply } from "./check.ts";
import { finding, type Knowledge } from "./finding.ts";
import { identifiersIn } from "./identifiers.ts";
import { couldRepeat } from "./internal-text.ts";
import { aiTexts, subjectOf } from "./provenance.ts";

/** The latest messages that a reply is held against; what is older counts as unknown to the customer. */
const MESSAGES = 500;

/** What the check stands on. */
export interface ReplyCheckOptions {
  readonly database: Database;
  readonly customers: CustomerDirectory;
  /** What replies may name although the ticket does not. */
  readonly allowed: readonly string[];
}

type Stored = Pick<MessageRow, "id" | "body">;

/** What of a ticket a reply is held against; the rest of it takes longer to read than all of this. */
type CheckedTicket = Pick<Ticket, "id" | "customerId" | "followUpOf" | "subject" | "description">;

async function checkedTicket({ knex }: Database, id: string): Promise<CheckedTicket | undefined> {
  const select = "select customer_id, follow_up_of, subject, description from ticket where id = ?";
  const [row] = await selectRows<TicketRow>(knex, select, [parseId(id)]);
  if (!row) return undefined;
  const { customer_id: customerId, follow_up_of, subject, description } = row;
  return { ...{ id, customerId, subject, description }, followUpOf: follow_up_of ? formatId("TKT", follow_up_of) : "" };
}

/** The latest messages of a ticket that are public, or internal. */
async function messagesOf({ knex }: Database, ticketId: string, visibility: MessageVisibility): Promise<Stored[]> {
  const newestFirst = "select id, body from message where ticket_id = ? and visibility = ? order by id desc";
  return selectRows(knex, `${newestFirst} limit ${MESSAGES}`, [parseId(ticketId), visibility]);
}

/** What the customer may know of a ticket: its public texts, but for those that an AI agent wrote in the customer's name. */
async function publicTexts(database: Database, { id, subject, description }: CheckedTicket): Promise<string[]> {
  const open = await messagesOf(database, id, MessageVisibility.PUBLIC);
  const messages = open.map((row) => [formatId("MSG", row.id), row.body] as const);
  const ofAi = await aiTexts(database.knex, [id, subjectOf(id), ...messages.map(([messageId]) => messageId)]);
  const own = ofAi.has(id) ? [] : [description, ...(ofAi.has(subjectOf(id)) ? [] : [subject])];
  return [...own, ...messages.flatMap(([messageId, body]) => (ofAi.has(messageId) ? [] : body))];
}

/** The tickets that a reply names and that are the customer's own. */
async function ownTickets({ knex }: Database, reply: string, ticket: CheckedTicket): Promise<string[]> {
  const named = identifiersIn(reply).filter((id) => id.startsWith("TKT-") && id !== ticket.id);
  if (named.length === 0) return [];
  const ids: number[] = await knex("ticket")
    .whereIn("id", named.map(parseId))
    .where({ customer_id: ticket.customerId })
    .pluck("id");
  return ids.map((id) => formatId("TKT", id));
}

const recordTexts = (customer: Customer | undefined): string[] =>
  customer
    ? [customer.name, customer.company, customer.phone, ...customer.emails, ...Object.values(customer.attributes)]
    : [];

function unchecked(): ApprovalReason {
  const message =
    "The reply could not be held against the customer's record and notes, because the CRM did not answer.";
  return finding(ApprovalReasonKind.UNCHECKED, message, "");
}

/**
 * Finds what a person has to see before an AI agent's reply goes out. A reply that cannot be checked waits: nothing is lost,
 * and nothing gets out unseen.
 */
export async function findReasons(
  { database, customers, allowed }: ReplyCheckOptions,
  { ticketId, response }: RespondToTicketRequest,
  context: HandlerContext,
): Promise<ApprovalReason[]> {
  const ticket = await checkedTicket(database, ticketId);
  // The write itself says that there is none.
  if (!ticket) return [];
  const notes = couldRepeat(response) ? customers.notesAbout(ticket.customerId, context) : [];
  const [internal, about] = await Promise.all([messagesOf(database, ticketId, MessageVisibility.INTERNAL), notes]);
  const nothingKnown: Knowledge = {
    known: [],
    internal: [...internal.map(({ body }) => body), ...(about ?? [])],
    identifiers: new Set([ticketId, ticket.customerId, ticket.followUpOf]),
    allowed,
  };
  // Most replies name nothing that the customer would have to know, and need no look at what that is.
  const clear = about ? [] : [unchecked()];
  if (checkReply(response, nothingKnown).length === 0) return clear;
  const [known, own] = await Promise.all([publicTexts(database, ticket), ownTickets(database, response, ticket)]);
  const knowledge = { ...nothingKnown, known, identifiers: new Set([...nothingKnown.identifiers, ...own]) };
  if (checkReply(response, knowledge).length === 0) return clear;
  // And few need one at the record: it only speaks for what the ticket does not have.
  const customer = await customers.find(ticket.customerId, context);
  const found = checkReply(response, { ...knowledge, known: [...known, ...recordTexts(customer)] });
  return about && customer ? found : [...found, unchecked()];
}
