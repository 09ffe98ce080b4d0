// Approvals as the gateway shows them, from the ticket service, which keeps them and does what is approved.
import type { JsonObject } from "@bufbuild/protobuf";
import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import { createClient, type Transport } from "@connectrpc/connect";
import { type Actor, ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import {
  ApprovalDecision,
  ApprovalReasonKind,
  ApprovalState,
  type Approval as StoredApproval,
} from "#gen/deskwire/ticket/v1/approval_pb.js";
import { type Ticket, TicketStatus } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import type { Approval, Approvals, Decision } from "../gateway/approvals.ts";
import { hashOfJson } from "../runtime/calls/fingerprint.ts";

const word = (name: string | undefined) => (name ?? "unspecified").toLowerCase();
const time = (timestamp: Timestamp | undefined) => timestamp && timestampDate(timestamp).toISOString();
const actor = (it: Actor | undefined) => it && { kind: word(ActorKind[it.kind]), id: it.id, name: it.name };

/** Without what is empty. */
function filled(fields: Readonly<Record<string, unknown>>): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== ""),
  ) as JsonObject;
}

function shown(approval: StoredApproval): Approval {
  const { id, state, request } = approval;
  return {
    ...{ id, state: word(ApprovalState[state]) as Approval["state"] },
    ...filled({
      ticket_id: approval.ticketId,
      customer_id: approval.customerId,
      tool: approval.tool,
      reasons: approval.reasons.map(({ kind, message, excerpt }) =>
        filled({ kind: word(ApprovalReasonKind[kind]), message, excerpt }),
      ),
      draft: approval.draft,
      request,
      requested_by: actor(approval.requestedBy),
      create_time: time(approval.createTime),
      expire_time: time(approval.expireTime),
      decided_by: actor(approval.decidedBy),
      decide_time: time(approval.decideTime),
      comment: approval.comment,
      edited_text: approval.editedText,
      message_id: approval.messageId,
    }),
  };
}

function ticketShown({ id, subject, status, etag }: Ticket): JsonObject {
  return { id, subject, status: word(TicketStatus[status]), etag };
}

/** The same decision sent again is the same request. */
function requestIdOf(id: string, decision: Decision): string {
  return `decide-${hashOfJson([id, decision])}`;
}

/** Makes the approvals of the ticket service at the end of `transport`. */
export function deskApprovals(transport: Transport): Approvals {
  const tickets = createClient(TicketService, transport);
  return {
    async list({ state, ticketId, pageSize, pageToken }, headers) {
      const named = ApprovalState[state.toUpperCase() as keyof typeof ApprovalState] ?? ApprovalState.UNSPECIFIED;
      const page = await tickets.listApprovals({ state: named, ticketId, pageSize, pageToken }, { headers });
      return {
        approvals: page.approvals.map(shown) as JsonObject[],
        next_page_token: page.nextPageToken,
        total_size: page.totalSize,
      };
    },
    async get(approvalId, headers) {
      const { approval, ticket, news } = await tickets.getApproval({ approvalId }, { headers });
      if (!approval || !ticket) throw new TypeError("an approval is of a ticket");
      return { approval: shown(approval), ticket: ticketShown(ticket), news };
    },
    async decide(approvalId, decision, headers) {
      const { approve, text: editedText, comment, ticketEtag } = decision;
      const request = {
        ...{ approvalId, editedText, comment, ticketEtag, requestId: requestIdOf(approvalId, decision) },
        decision: approve ? ApprovalDecision.APPROVE : ApprovalDecision.REJECT,
      };
      const { approval } = await tickets.decideApproval(request, { headers });
      if (!approval) throw new TypeError("a decision is about an approval");
      return shown(approval);
    },
  };
}
