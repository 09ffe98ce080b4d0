// What an agent is told of a call that waits for a person.
import { create } from "@bufbuild/protobuf";
import { type PendingApproval, PendingApprovalSchema } from "#gen/deskwire/support/v1/case_pb.js";
import type { Approval } from "#gen/deskwire/ticket/v1/approval_pb.js";

/** An approval in short; undefined where the call did not have to wait. */
export function pendingApproval(approval: Approval | undefined): PendingApproval | undefined {
  if (!approval) return undefined;
  const { id, state, reasons, expireTime } = approval;
  const reason = [...new Set(reasons.map(({ message }) => message))].join(" ");
  return create(PendingApprovalSchema, { id, state, reason, ...(expireTime && { expireTime }) });
}
