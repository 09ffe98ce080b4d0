// E-mail addresses and telephone numbers of somebody else.
import { type ApprovalReason, ApprovalReasonKind } from "#gen/deskwire/ticket/v1/approval_pb.js";
import { finding, type Knowledge } from "./finding.ts";

const EMAIL = /[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/giu;

/** The addresses in a text, in lower case. */
export function emailsIn(text: string): string[] {
  return [...text.matchAll(EMAIL)].map(([address]) => address.toLowerCase());
}

/** Finds addresses that nobody in the ticket has named. */
export function foreignEmails(reply: string, { known, allowed }: Knowledge): ApprovalReason[] {
  const fine = new Set([...known, ...allowed].flatMap(emailsIn));
  const foreign = [...new Set(emailsIn(reply))].filter((address) => !fine.has(address));
  const message = "An e-mail address that is neither in the ticket nor the customer's own.";
  return foreign.map((address) => finding(ApprovalReasonKind.FOREIGN_CONTACT, message, address));
}
