// Due times that were worked out under another policy, or never, are worked out anew.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { WaitingOn } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import type { Database } from "../../../runtime/database/database.ts";
import type { Policy } from "../../../runtime/policy/policy.ts";
import { type TicketRow, toTicket } from "../ticket-store.ts";
import { dueTime } from "./due.ts";
import { NEVER } from "./migration.ts";

/** Identifiers that one transaction goes through: few enough that nobody notices the wait. */
const STRETCH = 250;

/**
 * Goes through one stretch of the tickets, if the stored due times are not of this policy. Where it stands is stored, so that
 * a process that dies, or another that helps, goes on from there.
 *
 * @returns whether there is more to do
 */
export async function applyPolicy(database: Database, policy: Policy): Promise<boolean> {
  return await database.transaction(async (trx) => {
    const applied = await trx("applied_policy").forUpdate().first();
    const known = applied.fingerprint === policy.fingerprint;
    if (known && applied.next_id === null) return false;
    const from: number = known ? applied.next_id : 0;
    const rows: TicketRow[] = await trx<TicketRow>("ticket")
      .where("id", ">=", from)
      .where("id", "<", from + STRETCH)
      .where({ waiting_on: WaitingOn.DESK })
      .forUpdate();
    for (const row of rows) {
      const due = dueTime(policy, toTicket(row));
      const dueAt = due ? timestampMs(due) : NEVER;
      if (dueAt === row.due_at) continue;
      await trx("ticket").where({ id: row.id }).update({ due_at: dueAt });
      await trx("ticket_tag").where({ ticket_id: row.id }).update({ due_at: dueAt });
    }
    const { last } = await trx("ticket").max({ last: "id" }).first<{ last: number | null }>();
    const next = from + STRETCH > (last ?? 0) ? null : from + STRETCH;
    await trx("applied_policy").update({ fingerprint: policy.fingerprint, next_id: next });
    return next !== null;
  });
}
