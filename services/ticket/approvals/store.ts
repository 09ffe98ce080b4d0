// Approvals in the database.
import { create, fromJson, type JsonObject, toJson } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Knex } from "knex";
import { ActorSchema } from "#gen/deskwire/actor/v1/actor_pb.js";
import {
  type Approval,
  type ApprovalReason,
  ApprovalReasonSchema,
  ApprovalSchema,
  ApprovalState,
} from "#gen/deskwire/ticket/v1/approval_pb.js";
import { formatId, parseId } from "../../../runtime/messages/ids.ts";

/** A row of the table `approval`. */
export interface ApprovalRow {
  readonly id: number;
  readonly state: number;
  readonly ticket_id: number;
  readonly customer_id: string;
  readonly tool: string;
  readonly method: string;
  readonly request: string;
  readonly request_hash: string;
  readonly draft: string;
  readonly reasons: string;
  readonly requested_by: string;
  readonly principal: string;
  readonly ticket_version: number;
  readonly create_time: number;
  readonly expire_time: number;
  readonly decided_by: string | null;
  readonly decide_time: number | null;
  readonly comment: string;
  readonly edited_text: string;
  readonly message_id: number | null;
}

/** The state of a row at a time in milliseconds UTC: what nobody decided in time has expired, whether it was noted or not. */
export function stateAt({ state, expire_time }: ApprovalRow, now: number): ApprovalState {
  return state === ApprovalState.PENDING && expire_time <= now ? ApprovalState.EXPIRED : state;
}

/** Reads a row as a message, as it is at a time in milliseconds UTC. */
export function toApproval(row: ApprovalRow, now: number): Approval {
  const reasons = JSON.parse(row.reasons) as JsonObject[];
  return create(ApprovalSchema, {
    id: formatId("APR", row.id),
    state: stateAt(row, now),
    ticketId: formatId("TKT", row.ticket_id),
    customerId: row.customer_id,
    tool: row.tool,
    reasons: reasons.map((reason) => fromJson(ApprovalReasonSchema, reason, { ignoreUnknownFields: true })),
    draft: row.draft,
    request: JSON.parse(row.request) as JsonObject,
    requestedBy: fromJson(ActorSchema, JSON.parse(row.requested_by)),
    principal: row.principal,
    ticketEtag: `v${row.ticket_version}`,
    createTime: timestampFromMs(row.create_time),
    expireTime: timestampFromMs(row.expire_time),
    ...(row.decided_by && { decidedBy: fromJson(ActorSchema, JSON.parse(row.decided_by)) }),
    ...(row.decide_time && { decideTime: timestampFromMs(row.decide_time) }),
    comment: row.comment,
    editedText: row.edited_text,
    messageId: row.message_id === null ? "" : formatId("MSG", row.message_id),
  });
}

/** Reasons as a row holds them. */
export function reasonsText(reasons: readonly ApprovalReason[]): string {
  return JSON.stringify(reasons.map((reason) => toJson(ApprovalReasonSchema, reason)));
}

/** Reads one approval; undefined where there is none. `lock` keeps it from other deciders until the transaction ends. */
export async function findApproval(db: Knex, approvalId: string, lock = false): Promise<ApprovalRow | undefined> {
  const query = db<ApprovalRow>("approval")
    .where({ id: parseId(approvalId) })
    .first();
  return await (lock ? query.forUpdate() : query);
}

/** The approvals of a state at a time in milliseconds UTC, or of any, in no order yet. */
export function approvalsOf(
  db: Knex,
  { state, ticketId }: { readonly state: ApprovalState; readonly ticketId: string },
  now: number,
): Knex.QueryBuilder {
  const query = db<ApprovalRow>("approval");
  if (ticketId) query.where({ ticket_id: parseId(ticketId) });
  const { PENDING, EXPIRED } = ApprovalState;
  if (state === PENDING) query.where({ state }).where("expire_time", ">", now);
  else if (state === EXPIRED) {
    query.where((either) => {
      either.where({ state }).orWhere((late) => late.where({ state: PENDING }).where("expire_time", "<=", now));
    });
  } else if (state) query.where({ state });
  return query;
}

/**
 * Takes away what approvals hold of a customer's words: drafts, calls, comments and excerpts. That there was a call, what
 * was decided, when and by whom stays; what waited is expired, since nobody could tell any more what it was. Returns how
 * many held something.
 */
export async function forgetCustomer(trx: Knex.Transaction, customerId: string, now: number): Promise<number> {
  const holding = (row: Knex.QueryBuilder) => row.whereNot({ request: "{}" }).orWhereNot({ comment: "" });
  const theirs: ApprovalRow[] = await trx("approval").where({ customer_id: customerId }).where(holding).forUpdate();
  for (const { id, state, reasons, requested_by } of theirs) {
    const kept = (JSON.parse(reasons) as JsonObject[]).map(({ kind, message }) => ({ kind, message }));
    const byCustomer = (JSON.parse(requested_by) as JsonObject).kind === "ACTOR_KIND_CUSTOMER";
    const forgotten = {
      ...{ draft: "", request: "{}", request_hash: "", comment: "", edited_text: "" },
      ...(byCustomer && { requested_by: JSON.stringify({ kind: "ACTOR_KIND_CUSTOMER", id: customerId }) }),
    };
    const expired = state === ApprovalState.PENDING && { state: ApprovalState.EXPIRED, decide_time: now };
    await trx("approval")
      .where({ id })
      .update({ ...forgotten, ...expired, reasons: JSON.stringify(kept) });
  }
  return theirs.length;
}
