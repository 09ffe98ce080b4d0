// Customers who were erased: from then on nothing can be written into their tickets.
import { Code, type ConnectError } from "@connectrpc/connect";
import type { Knex } from "knex";
import { selectByTexts } from "../../../runtime/database/rows.ts";
import { fail } from "../../../runtime/errors.ts";

/** The error for a write that would bring new texts of a customer who was erased. */
export function customerErased(customerId: string): ConnectError {
  return fail(
    Code.FailedPrecondition,
    "CUSTOMER_ERASED",
    `${customerId} was erased, and nothing can be written to or for them any more. Nothing was written. Close what is still open of theirs; if the person is a customer again, add them anew and open a ticket of theirs.`,
    { customer_id: customerId },
  );
}

/** Whether a customer was erased, or is being erased. */
export async function isErased(db: Knex, customerId: string): Promise<boolean> {
  return (await db("erased_customer").where({ customer_id: customerId }).first("erase_time")) !== undefined;
}

/**
 * Marks a customer as erased. It waits for all writes that are under way, by the lock that each of them ends with (see
 * `appendEvents`): whoever comes later finds the mark, and whoever was quicker has committed what is to be erased.
 */
export async function markErased(trx: Knex.Transaction, customerId: string, now: number): Promise<void> {
  await trx("counter").where({ name: "event" }).forUpdate().first();
  await trx("erased_customer").insert({ customer_id: customerId, erase_time: now }).onConflict("customer_id").ignore();
}

/** @throws ConnectError `failed_precondition` (CUSTOMER_ERASED) where one of these customers was erased */
export async function assertNoneErased(trx: Knex.Transaction, customerIds: ReadonlySet<string>): Promise<void> {
  if (customerIds.size === 0) return;
  const select = "select customer_id from erased_customer";
  const [erased] = await selectByTexts<{ customer_id: string }>(trx, select, "customer_id", [...customerIds]);
  if (erased) throw customerErased(erased.customer_id);
}
