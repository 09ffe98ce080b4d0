// Puts a call aside until a person has decided.
import { type DescMessage, type MessageShape, toJson } from "@bufbuild/protobuf";
import type { Knex } from "knex";
import { ActorSchema } from "#gen/deskwire/actor/v1/actor_pb.js";
import { type Approval, type ApprovalReason, ApprovalState } from "#gen/deskwire/ticket/v1/approval_pb.js";
import { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import type { Ticket } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { methodName } from "../../../runtime/calls/call.ts";
import { fingerprint } from "../../../runtime/calls/fingerprint.ts";
import { take } from "../../../runtime/database/counter.ts";
import { parseId } from "../../../runtime/messages/ids.ts";
import type { Action } from "../actions.ts";
import type { WriteInfo } from "../draft.ts";
import { appendApprovalEvent } from "./events.ts";
import { type ApprovalRow, reasonsText, toApproval } from "./store.ts";

/** A call to put aside, and why. */
export interface HeldCall<I extends DescMessage> {
  readonly action: Action<I>;
  readonly request: MessageShape<I>;
  readonly reasons: readonly ApprovalReason[];
  /** Whose key or token asks. */
  readonly principal: string;
  /** Milliseconds until it expires. */
  readonly lifetimeMs: number;
}

/** What is not part of what a call asks for: the same reply, drafted again on a newer state, is the same reply. */
const NOT_ASKED = ["request_id", "etag"];

/**
 * Stores a call as a pending approval, with its event. The same call of the same caller that waits already is answered with
 * that one, so that a model that asks again does not fill the queue.
 */
export async function hold<I extends DescMessage>(
  trx: Knex.Transaction,
  info: WriteInfo,
  ticket: Ticket,
  { action, request, reasons, principal, lifetimeMs }: HeldCall<I>,
): Promise<Approval> {
  const now = info.clock();
  const text = action.text === undefined ? "" : String((request as Record<string, unknown>)[action.text]);
  const call = {
    ticket_id: parseId(ticket.id),
    method: methodName(action.method),
    request_hash: fingerprint(action.method.input, request, NOT_ASKED),
    principal,
    state: ApprovalState.PENDING,
  };
  const waiting = await trx<ApprovalRow>("approval").where(call).where("expire_time", ">", now).first();
  if (waiting) return toApproval(waiting, now);
  const row: ApprovalRow = {
    ...call,
    id: await take(trx, "approval"),
    customer_id: ticket.customerId,
    tool: action.tool,
    request: JSON.stringify(toJson(action.method.input, request)),
    draft: text,
    reasons: reasonsText(reasons),
    requested_by: JSON.stringify(toJson(ActorSchema, info.actor)),
    ticket_version: Number(ticket.etag.slice(1)),
    create_time: now,
    expire_time: now + lifetimeMs,
    decided_by: null,
    decide_time: null,
    comment: "",
    edited_text: "",
    message_id: null,
  };
  await trx("approval").insert(row);
  const approval = toApproval(row, now);
  const { actor, method, requestId, origin } = info;
  const source = { actor, method, requestId, origin, now };
  await appendApprovalEvent(trx, TicketEventType.APPROVAL_REQUESTED, approval, ticket.etag, source);
  return approval;
}
