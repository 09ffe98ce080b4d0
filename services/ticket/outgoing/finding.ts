// What is wrong with a reply, for the person who is asked about it.
import { create } from "@bufbuild/protobuf";
import {
  type ApprovalReason,
  type ApprovalReasonKind,
  ApprovalReasonSchema,
} from "#gen/deskwire/ticket/v1/approval_pb.js";

const MAX_EXCERPT = 200;

/** Makes a reason; a long excerpt is cut. */
export function finding(kind: ApprovalReasonKind, message: string, excerpt: string): ApprovalReason {
  const characters = [...excerpt];
  const cut = characters.length > MAX_EXCERPT ? `${characters.slice(0, MAX_EXCERPT).join("")}…` : excerpt;
  return create(ApprovalReasonSchema, { kind, message, excerpt: cut });
}

/** What a reply may say, and what it must not repeat. */
export interface Knowledge {
  /** What the customer may know: the public part of the ticket's conversation, and the customer's own record. */
  readonly known: readonly string[];
  /** What the desk alone may read: internal messages of the ticket, and notes about the customer. */
  readonly internal: readonly string[];
  /** Identifiers that are the customer's own: of the ticket, the customer, and the customer's other tickets. */
  readonly identifiers: ReadonlySet<string>;
  /** Host names, addresses and numbers that the desk allows in every reply. */
  readonly allowed: readonly string[];
}
