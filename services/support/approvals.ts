// Approvals as the desk shows them: the ticket service keeps and decides them.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { CustomerNoteState, type PendingApproval, PendingApprovalSchema } from "#gen/deskwire/support/v1/case_pb.js";
import type { DecideApprovalResponseSchema, SupportService } from "#gen/deskwire/support/v1/support_service_pb.js";
import { type Approval, ApprovalState } from "#gen/deskwire/ticket/v1/approval_pb.js";
import { onBehalfOf, writeOnBehalfOf } from "../../runtime/calls/call.ts";
import { type Clients, needed } from "./clients.ts";

const DEFAULT_PAGE = 20;

/** An approval in short; undefined where the call did not have to wait. */
export function pendingApproval(approval: Approval | undefined): PendingApproval | undefined {
  if (!approval) return undefined;
  const { id, state, reasons, expireTime, comment } = approval;
  const reason = [...new Set(reasons.map(({ message }) => message))].join(" ");
  return create(PendingApprovalSchema, { id, state, reason, comment, ...(expireTime && { expireTime }) });
}

/** A model pays for each text; the draft is one already. */
function withoutTwin(approval: Approval): Approval {
  const { request, draft } = approval;
  if (request === undefined) return approval;
  return { ...approval, request: Object.fromEntries(Object.entries(request).filter(([, value]) => value !== draft)) };
}

/** What became of the note that a held answer asked for. */
function noteOf({ state, request }: Approval): CustomerNoteState {
  const queued = state === ApprovalState.APPROVED && request?.addCustomerNote === true;
  return queued ? CustomerNoteState.QUEUED : CustomerNoteState.NOT_REQUESTED;
}

/** Makes the methods. */
export function approvalMethods({
  tickets,
}: Clients): Pick<ServiceImpl<typeof SupportService>, "listApprovals" | "getApproval" | "decideApproval"> {
  return {
    async listApprovals({ pageSize, pageToken, state = ApprovalState.UNSPECIFIED, ticketId }, context) {
      const request = { pageSize: pageSize || DEFAULT_PAGE, pageToken, state, ticketId };
      const found = await needed("tickets", tickets.listApprovals(request, onBehalfOf(context)));
      const { approvals, nextPageToken, totalSize } = found;
      return { approvals, nextPageToken, totalSize };
    },

    async getApproval({ approvalId }, context) {
      const found = await needed("tickets", tickets.getApproval({ approvalId }, onBehalfOf(context)));
      const { approval, ticket, news } = found;
      return { approval: approval && withoutTwin(approval), ticket, news };
    },

    async decideApproval(
      request,
      context: HandlerContext,
    ): Promise<MessageInitShape<typeof DecideApprovalResponseSchema>> {
      const { approvalId, decision, editedText, comment, ticketEtag, author, requestId } = request;
      const decided = { approvalId, decision, editedText, comment, ticketEtag, author, requestId };
      const call = tickets.decideApproval(decided, writeOnBehalfOf(context));
      const { approval, ticket, message } = await needed("tickets", call);
      return {
        success: approval?.state === ApprovalState.APPROVED,
        approval: pendingApproval(approval),
        ...{ ticket, response: message },
        ...(approval && { customerNote: noteOf(approval) }),
      };
    },
  };
}
