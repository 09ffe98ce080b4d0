// Keys of tickets in other systems: no two tickets share one.
import { Code, type ConnectError } from "@connectrpc/connect";
import type { Knex } from "knex";
import { isUniqueViolation } from "../../runtime/database/database.ts";
import { fail } from "../../runtime/errors.ts";
import { findByExternalIds } from "./ticket-store.ts";

function taken(externalId: string, holder: string): ConnectError {
  return fail(
    Code.AlreadyExists,
    "EXTERNAL_ID_TAKEN",
    `The external id ${externalId} belongs to ticket ${holder}. Use that ticket, or another external id.`,
    { ticket_id: holder, external_id: externalId },
  );
}

/** @throws ConnectError `already_exists` (EXTERNAL_ID_TAKEN) naming the ticket that has it; an empty one is always free */
export async function assertExternalIdFree(trx: Knex.Transaction, externalId: string): Promise<void> {
  if (externalId === "") return;
  const holder = (await findByExternalIds(trx, [externalId])).get(externalId);
  if (holder) throw taken(externalId, holder);
}

/** Says which ticket has the external id that a write failed on, as `assertExternalIdFree` does. */
export async function orExternalIdTaken<T>(knex: Knex, externalId: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!isUniqueViolation(error, "ticket.external_id")) throw error;
    throw taken(externalId, (await findByExternalIds(knex, [externalId])).get(externalId) ?? "");
  }
}
