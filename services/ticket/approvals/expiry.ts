// Notes in the log what nobody decided in time.
import { create } from "@bufbuild/protobuf";
import { ActorKind, ActorSchema } from "#gen/deskwire/actor/v1/actor_pb.js";
import { ApprovalState } from "#gen/deskwire/ticket/v1/approval_pb.js";
import { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { methodName, OWN_ORIGIN } from "../../../runtime/calls/call.ts";
import type { Database } from "../../../runtime/database/database.ts";
import type { Log } from "../../../runtime/log.ts";
import { formatId } from "../../../runtime/messages/ids.ts";
import { MINUTE_MS } from "../../../runtime/time-units.ts";
import { findTicket } from "../ticket-store.ts";
import { appendApprovalEvent } from "./events.ts";
import { type ApprovalRow, findApproval, stateAt, toApproval } from "./store.ts";

const BATCH = 100;
const CLOCK = create(ActorSchema, { kind: ActorKind.SYSTEM, id: "approvals", name: "Approvals" });
const METHOD = methodName(TicketService.method.decideApproval);

async function expire(database: Database, id: number, now: number): Promise<void> {
  await database.transaction(async (trx) => {
    const row = await findApproval(trx, formatId("APR", id), true);
    // Another process, or a person, may have been quicker.
    if (row?.state !== ApprovalState.PENDING || stateAt(row, now) !== ApprovalState.EXPIRED) return;
    await trx("approval").where({ id }).update({ state: ApprovalState.EXPIRED, decide_time: now });
    const approval = toApproval({ ...row, state: ApprovalState.EXPIRED, decide_time: now }, now);
    const { etag = "" } = (await findTicket(trx, approval.ticketId)) ?? {};
    const source = { actor: CLOCK, method: METHOD, requestId: "", origin: OWN_ORIGIN, now };
    await appendApprovalEvent(trx, TicketEventType.APPROVAL_DECIDED, approval, etag, source);
  });
}

/** Marks approvals that are past their time, each with its event, exactly once; returns how many were looked at. */
export async function expireDue(database: Database, now: number): Promise<number> {
  const due: Pick<ApprovalRow, "id">[] = await database
    .knex("approval")
    .where({ state: ApprovalState.PENDING })
    .where("expire_time", "<=", now)
    .orderBy("expire_time")
    .limit(BATCH)
    .select("id");
  for (const { id } of due) await expire(database, id, now);
  return due.length;
}

/** Does so every minute until the returned function is called; `done` is told after something has expired. */
export function expireMinutely(database: Database, now: () => number, log: Log, done: () => void): () => void {
  const look = () => {
    expireDue(database, now()).then(
      (count) => count > 0 && done(),
      (error) => log("cannot expire approvals; trying again in a minute", { error }),
    );
  };
  const timer = setInterval(look, MINUTE_MS);
  timer.unref();
  return () => clearInterval(timer);
}
