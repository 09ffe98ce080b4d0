// Whether a reply may go out as it is: what code can tell of it, whatever the model was told by whom.
import type { ApprovalReason } from "#gen/deskwire/ticket/v1/approval_pb.js";
import { foreignEmails } from "./contacts.ts";
import type { Knowledge } from "./finding.ts";

const CHECKS = [foreignEmails];

/** What a person has to see before a reply goes out; nothing: it may go. Pure. */
export function checkReply(reply: string, knowledge: Knowledge): ApprovalReason[] {
  return CHECKS.flatMap((check) => check(reply, knowledge));
}
