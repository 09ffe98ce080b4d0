// A person's decision, and what follows from it, in one transaction.
import { create, fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import { Code, type HandlerContext } from "@connectrpc/connect";
import type { Knex } from "knex";
import { type Actor, ActorSchema } from "#gen/deskwire/actor/v1/actor_pb.js";
import { ApprovalDecision, ApprovalState } from "#gen/deskwire/ticket/v1/approval_pb.js";
import { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import type { TicketMessage } from "#gen/deskwire/ticket/v1/message_pb.js";
import { type Ticket, TicketSchema } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import type { DecideApprovalRequest } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { CONFIRMED_HEADER, principalOf } from "../../../runtime/calls/call.ts";
import { fail } from "../../../runtime/errors.ts";
import { localCaller } from "../../../runtime/identity/caller.ts";
import { APPROVALS_SCOPE } from "../../../runtime/identity/scopes.ts";
import { formatId, parseId } from "../../../runtime/messages/ids.ts";
import { ACTIONS, agentUnless } from "../actions.ts";
import { notFound, type WriteInfo } from "../draft.ts";
import { versionOf } from "../missed.ts";
import { findTicket } from "../ticket-store.ts";
import { appendApprovalEvent } from "./events.ts";
import { newsSince } from "./news.ts";
import { type ApprovalRow, findApproval, stateAt, toApproval } from "./store.ts";

/** @throws ConnectError `not_found` (APPROVAL_NOT_FOUND) */
export function found(row: ApprovalRow | undefined, approvalId: string): ApprovalRow {
  if (row) return row;
  throw fail(
    Code.NotFound,
    "APPROVAL_NOT_FOUND",
    `There is no approval ${approvalId}. See which there are with ListApprovals (npm run approvals).`,
    { approval_id: approvalId },
  );
}

/**
 * Two pairs of eyes: who asked does not decide, wherever keys tell callers apart. Where nobody is asked who they are, nobody
 * can be told apart; and where a person at an MCP client was asked by the desk itself, the second pair is theirs.
 */
function assertSomebodyElse({ id, principal }: ApprovalRow, context: HandlerContext): void {
  const confirmed = context.requestHeader.get(CONFIRMED_HEADER) === formatId("APR", id);
  const decider = principalOf(context);
  if (confirmed || decider === localCaller.principal || decider !== principal) return;
  throw fail(
    Code.PermissionDenied,
    "OWN_APPROVAL",
    `${formatId("APR", id)} was asked for with the very key that would decide on it. Decide with another key that has the scope ${APPROVALS_SCOPE}. Nothing was done.`,
    { approval_id: formatId("APR", id) },
  );
}

function assertPending(row: ApprovalRow, now: number): void {
  const state = stateAt(row, now);
  if (state === ApprovalState.PENDING) return;
  const name = ApprovalState[state].toLowerCase();
  throw fail(
    Code.FailedPrecondition,
    "APPROVAL_DECIDED",
    `${formatId("APR", row.id)} is ${name} already and cannot be decided again. Read it with GetApproval. Nothing was done now.`,
    { approval_id: formatId("APR", row.id), state: name },
  );
}

/** @throws ConnectError `aborted` (APPROVAL_OUTDATED) with what is new */
async function assertUpToDate(trx: Knex.Transaction, row: ApprovalRow, ticket: Ticket, etag: string): Promise<void> {
  const seen = etag === "" ? row.ticket_version : versionOf(etag);
  const news = await newsSince(trx, ticket.id, seen);
  if (news.length === 0) return;
  throw fail(
    Code.Aborted,
    "APPROVAL_OUTDATED",
    `${ticket.id} has moved on since the draft was made: ${news.join("; ")}. Read it, then approve with ticket_etag ${ticket.etag} if the draft still holds, edit it, or reject it. Nothing was done.`,
    { current_etag: ticket.etag, missed: news.join("; ") },
  );
}

async function carryOut(trx: Knex.Transaction, info: WriteInfo, row: ApprovalRow, editedText: string) {
  const action = ACTIONS.get(row.method);
  if (!action) throw new TypeError(`no action for the held method ${row.method}`);
  const request = fromJson(action.method.input, JSON.parse(row.request) as JsonValue);
  if (editedText !== "") {
    if (!action.text) throw nothingToEdit(row);
    (request as unknown as Record<string, unknown>)[action.text] = editedText;
  }
  // The decision says itself up to which state of the ticket it holds.
  for (const part of [request, (request as { ticket?: object }).ticket]) if (part && "etag" in part) part.etag = "";
  // An edited text is the words of whoever edited it.
  const author = editedText === "" ? action.actor(request) : info.actor;
  if (editedText !== "" && "author" in request) request.author = author;
  const done = (await action.run(trx, { ...info, actor: author }, request)) as { message?: TicketMessage };
  return done.message;
}

function nothingToEdit({ id, tool }: ApprovalRow) {
  return fail(
    Code.InvalidArgument,
    "NOTHING_TO_EDIT",
    `${formatId("APR", id)} is a call of ${tool}, which has no text to edit. Approve it as it is, or reject it.`,
    { approval_id: formatId("APR", id) },
  );
}

/** Decides within a transaction. Whatever it throws leaves approval and ticket as they were. */
export async function decide(
  trx: Knex.Transaction,
  info: WriteInfo,
  request: DecideApprovalRequest,
  context: HandlerContext,
) {
  const { approvalId, decision, editedText, comment, ticketEtag } = request;
  const row = found(await findApproval(trx, approvalId, true), approvalId);
  const now = info.clock();
  assertPending(row, now);
  assertSomebodyElse(row, context);
  const ticketId = formatId("TKT", row.ticket_id);
  const before = await findTicket(trx, ticketId, true);
  if (!before) throw notFound(ticketId);
  let message: TicketMessage | undefined;
  if (decision === ApprovalDecision.APPROVE) {
    await assertUpToDate(trx, row, before, ticketEtag);
    message = await carryOut(trx, info, row, editedText);
  }
  const columns = {
    state: decision === ApprovalDecision.APPROVE ? ApprovalState.APPROVED : ApprovalState.REJECTED,
    decided_by: JSON.stringify(toJson(ActorSchema, info.actor)),
    decide_time: now,
    comment,
    edited_text: editedText,
    message_id: message ? parseId(message.id) : null,
  };
  await trx("approval").where({ id: row.id }).update(columns);
  const approval = toApproval({ ...row, ...columns }, now);
  const ticket = (await findTicket(trx, ticketId)) ?? create(TicketSchema);
  const { actor, method, requestId, origin } = info;
  await appendApprovalEvent(trx, TicketEventType.APPROVAL_DECIDED, approval, ticket.etag, {
    ...{ actor, method, requestId, origin, now },
  });
  return { approval, ticket, ...(message && { message }) };
}

/** Who decides, as the request says it. */
export const deciderOf = ({ author }: DecideApprovalRequest): Actor => agentUnless(author);
