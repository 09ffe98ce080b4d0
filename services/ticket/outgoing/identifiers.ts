// Identifiers of the desk that are not this customer's.
import { type ApprovalReason, ApprovalReasonKind } from "#gen/deskwire/ticket/v1/approval_pb.js";
import { finding, type Knowledge } from "./finding.ts";

const IDENTIFIER = /(?<![\p{L}\p{N}])(TKT|CUS|NOTE|MSG|APR|WHK|COR)[-‐-― ]?(\d{4,15})(?!\d)/giu;

/** The identifiers in a text in their one form: `TKT-1001`. */
export function identifiersIn(text: string): string[] {
  return [...text.matchAll(IDENTIFIER)].map(([, prefix = "", number = ""]) => `${prefix.toUpperCase()}-${number}`);
}

/** Finds identifiers of tickets, customers, notes and messages that are neither the customer's nor named in the ticket. */
export function foreignIdentifiers(reply: string, { known, identifiers }: Knowledge): ApprovalReason[] {
  const fine = new Set([...identifiers, ...known.flatMap(identifiersIn)]);
  const foreign = [...new Set(identifiersIn(reply))].filter((id) => !fine.has(id));
  const message = "The reply names a ticket, customer, note or message that is not this customer's.";
  return foreign.map((id) => finding(ApprovalReasonKind.FOREIGN_IDENTIFIER, message, id));
}
