// EraseCustomer: what the CRM holds about a customer goes; an identifier with its times stays.
import { Code } from "@connectrpc/connect";
import type { Knex } from "knex";
import type { Customer } from "#gen/deskwire/crm/v1/customer_pb.js";
import { eraseAnswers } from "../../runtime/calls/idempotency.ts";
import type { Dialect, Migration } from "../../runtime/database/database.ts";
import { dropWordsForGood } from "../../runtime/database/search.ts";
import { fail } from "../../runtime/errors.ts";
import { parseId } from "../../runtime/messages/ids.ts";
import { eraseFields } from "./customer-store.ts";
import { notesAbout } from "./note-store.ts";

/** Follows the tables of customers and notes. */
export const erasureMigration: Migration = {
  name: "erasure",
  async up(trx, dialect) {
    await trx.schema.alterTable("customer", (table) => {
      table.bigInteger("erase_time");
    });
    await trx.raw("CREATE INDEX customer_erased ON customer (id) WHERE erase_time IS NOT NULL");
    await dropWordsForGood(trx, dialect, { table: "customer" });
  },
};

/** @throws ConnectError `failed_precondition` (CUSTOMER_ERASED) for a customer who has been erased */
export function assertNotErased({ id, eraseTime }: Customer): void {
  if (!eraseTime) return;
  throw fail(
    Code.FailedPrecondition,
    "CUSTOMER_ERASED",
    `${id} was erased, and nothing is kept about it any more. If the person is a customer again, add them with CreateCustomer.`,
    { customer_id: id },
  );
}

/** What was erased. */
export interface Erased {
  readonly noteCount: number;
  readonly answerCount: number;
}

/** Erases a customer who exists and is locked; one who has been erased before loses what came since. `now` in milliseconds UTC. */
export async function eraseCustomer(
  trx: Knex.Transaction,
  dialect: Dialect,
  customer: Customer,
  now: number,
): Promise<Erased> {
  if (!customer.eraseTime) await eraseFields(trx, parseId(customer.id), now);
  const noteCount = await notesAbout(trx, customer.id).delete();
  return { noteCount, answerCount: await eraseAnswers(trx, dialect, customer.id) };
}
