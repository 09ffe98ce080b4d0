// Which public texts an AI agent has put into a ticket in the customer's name. They are not what the customer is known to
// know: else a model could write down as the customer's words what it is then allowed to repeat.
import type { Knex } from "knex";
import type { Migration } from "../../../runtime/database/database.ts";
import { selectByTexts } from "../../../runtime/database/rows.ts";

/** Follows the tables of tickets and messages. */
export const aiTextMigration: Migration = {
  name: "ai-texts",
  async up(trx) {
    await trx.schema.createTable("ai_text", (table) => {
      // `MSG-1001`; `TKT-1001` for a ticket's subject and description; `TKT-1001/subject` for a subject that was changed.
      table.text("id").primary();
    });
  },
};

/** How a changed subject is named. */
export const subjectOf = (ticketId: string): string => `${ticketId}/subject`;

/** Remembers texts as an AI agent's. */
export async function markAsAi(trx: Knex.Transaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const rows = ids.map((id) => ({ id }));
  await trx("ai_text").insert(rows).onConflict("id").ignore();
}

/** Which of these texts are an AI agent's. */
export async function aiTexts(db: Knex, ids: readonly string[]): Promise<ReadonlySet<string>> {
  return new Set((await selectByTexts<{ id: string }>(db, "select id from ai_text", "id", ids)).map(({ id }) => id));
}
