// The ticket service's methods about approvals, and the gate before its other writes.
import { create, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { Knex } from "knex";
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import { type ApprovalReason, ApprovalReasonKind, ApprovalReasonSchema } from "#gen/deskwire/ticket/v1/approval_pb.js";
import { ListApprovalsRequestSchema, TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import type { Bell } from "../../../runtime/background/bell.ts";
import { methodName, originOf, principalOf } from "../../../runtime/calls/call.ts";
import { assertToolAllowed, isAiCall, type ToolPolicies } from "../../../runtime/calls/tool-policy.ts";
import { write } from "../../../runtime/calls/write.ts";
import type { Database } from "../../../runtime/database/database.ts";
import { formatId } from "../../../runtime/messages/ids.ts";
import { countedPage } from "../../../runtime/messages/pagination.ts";
import type { Policy } from "../../../runtime/policy/policy.ts";
import type { Action } from "../actions.ts";
import { notFound, type WriteInfo } from "../draft.ts";
import { findTicket } from "../ticket-store.ts";
import { decide, deciderOf, found } from "./decide.ts";
import { hold } from "./hold.ts";
import { newsSince } from "./news.ts";
import { type ApprovalRow, approvalsOf, findApproval, toApproval } from "./store.ts";

const NEWEST_FIRST = [{ column: "id", direction: "desc" }] as const;

/** What approvals stand on. */
export interface ApprovalOptions {
  readonly database: Database;
  readonly bell: Bell;
  readonly policy: Policy;
  /** What AI agents may do by themselves. */
  readonly policies: ToolPolicies;
  /** Milliseconds until an approval expires. */
  readonly lifetimeMs: number;
  /** Milliseconds UTC. */
  readonly now: () => number;
}

function byPolicy(tool: string): ApprovalReason {
  const message = `This desk lets a person see every call of ${tool} by an AI agent first.`;
  return create(ApprovalReasonSchema, { kind: ApprovalReasonKind.POLICY, message });
}

/** Finds what in a call a person has to see; none: it may be done. */
export type FindReasons<I extends DescMessage> = (
  request: MessageShape<I>,
  context: HandlerContext,
) => Promise<readonly ApprovalReason[]>;

/** Completes what is known of a write: whether it is an AI agent's, and whether it has to be held. */
export type Gate = (trx: Knex.Transaction, info: WriteInfo) => WriteInfo;

/**
 * Looks whether a call may go on, before its transaction begins.
 *
 * @throws ConnectError `permission_denied` (TOOL_DENIED)
 */
export async function gateFor<I extends DescMessage>(
  { policies, lifetimeMs }: ApprovalOptions,
  action: Action<I>,
  request: MessageShape<I>,
  context: HandlerContext,
  findReasons?: FindReasons<I>,
): Promise<Gate> {
  const byAi = isAiCall(context, action.actor(request).kind === ActorKind.AI);
  if (!byAi) return (_, info) => info;
  assertToolAllowed(policies, action.tool);
  const reasons = [
    ...(policies[action.tool] === "approve" ? [byPolicy(action.tool)] : []),
    ...((await findReasons?.(request, context)) ?? []),
  ];
  if (reasons.length === 0) return (_, info) => ({ ...info, byAi });
  const call = { action, request, reasons, principal: principalOf(context), lifetimeMs };
  return (trx, info) => ({
    ...{ ...info, byAi },
    hold: async (ticket) => ({ ticket, approval: await hold(trx, info, ticket, call) }),
  });
}

/** Makes the methods. */
export function approvalMethods({
  database,
  bell,
  policy,
  now,
}: ApprovalOptions): Pick<ServiceImpl<typeof TicketService>, "getApproval" | "listApprovals" | "decideApproval"> {
  const { knex } = database;
  return {
    async getApproval({ approvalId }) {
      const row = found(await findApproval(knex, approvalId), approvalId);
      const ticketId = formatId("TKT", row.ticket_id);
      const ticket = await findTicket(knex, ticketId);
      if (!ticket) throw notFound(ticketId);
      return { approval: toApproval(row, now()), ticket, news: await newsSince(knex, ticketId, row.ticket_version) };
    },

    async listApprovals(request) {
      const time = now();
      const matching = approvalsOf(knex, request, time);
      const scope = { schema: ListApprovalsRequestSchema, request, order: NEWEST_FIRST };
      const { rows, ...page } = await countedPage<ApprovalRow, typeof ListApprovalsRequestSchema>(matching, scope);
      return { approvals: rows.map((row) => toApproval(row, time)), ...page };
    },

    async decideApproval(request, context) {
      const method = TicketService.method.decideApproval;
      const by = { method: methodName(method), requestId: request.requestId, origin: originOf(context) };
      const info = { actor: deciderOf(request), clock: now, policy, ...by };
      const call = { method, request, context, now: now() };
      const response = await write(database, call, (trx) => decide(trx, info, request, context));
      bell.ring();
      return response;
    },
  };
}
