// What the log tells of approvals: that they are there, who decided what, and none of their texts.
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Knex } from "knex";
import type { Actor } from "#gen/deskwire/actor/v1/actor_pb.js";
import { type Approval, ApprovalSchema } from "#gen/deskwire/ticket/v1/approval_pb.js";
import type { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import type { Origin } from "../../../runtime/calls/call.ts";
import { appendEvents } from "../event-store.ts";

/** The call that an event comes from. */
export interface EventSource {
  readonly actor: Actor;
  /** Such as `deskwire.ticket.v1.TicketService/DecideApproval`. */
  readonly method: string;
  readonly requestId: string;
  readonly origin: Origin;
  /** Milliseconds UTC. */
  readonly now: number;
}

/** An approval without the texts, which could not be taken out of the log again. */
function withoutTexts({ reasons, ...approval }: Approval): Approval {
  return create(ApprovalSchema, {
    ...approval,
    draft: "",
    comment: "",
    editedText: "",
    request: undefined as never,
    reasons: reasons.map((reason) => ({ ...reason, excerpt: "" })),
  });
}

/** Appends an event about an approval; last in a transaction, as `appendEvents` says. `etag` is the ticket's now. */
export async function appendApprovalEvent(
  trx: Knex.Transaction,
  type: TicketEventType,
  approval: Approval,
  etag: string,
  { actor, method, requestId, origin, now }: EventSource,
): Promise<void> {
  const { ticketId, customerId } = approval;
  const common = { ticketId, customerId, etag, actor, method, requestId, ...origin };
  await appendEvents(trx, [{ ...common, type, createTime: timestampFromMs(now), approval: withoutTexts(approval) }]);
}
