// The model's answers in the database: each has cost money, so that no process asks twice. Texts are not in it, but for the words
// that spoke for an answer.
import type { Knex } from "knex";
import type { Database, Migration } from "../../../runtime/database/database.ts";
import { DAY_MS } from "../../../runtime/time-units.ts";
import type { Reading } from "../engine/engine.ts";

/** What customers wrote leaves traces in the words that spoke: they are not kept for longer. */
const KEPT_MS = 30 * DAY_MS;
const MAX_ROWS = 200_000;

/** Makes the table of answers. */
export const answersMigration: Migration = {
  name: "model-answers",
  async up(trx) {
    await trx.schema.createTable("model_answer", (table) => {
      table.text("engine").notNullable();
      table.text("text_hash").notNullable();
      // JSON of a Reading.
      table.text("reading").notNullable();
      table.bigInteger("create_time").notNullable().index();
      table.primary(["engine", "text_hash"]);
    });
  },
};

/** Finds what an engine has answered to texts, by the hash of the text. */
export async function findAnswers(
  { knex }: Database,
  engine: string,
  hashes: readonly string[],
): Promise<Map<string, Reading>> {
  const rows = await knex("model_answer").where({ engine }).whereIn("text_hash", hashes).select("text_hash", "reading");
  return new Map(rows.map(({ text_hash, reading }) => [text_hash, JSON.parse(reading)]));
}

/** Keeps answers; of two processes that asked the same the first is kept. */
export async function keepAnswers(
  { knex }: Database,
  engine: string,
  readings: ReadonlyMap<string, Reading>,
  now: number,
): Promise<void> {
  const rows = [...readings].map(([text_hash, reading]) => ({
    ...{ engine, text_hash, reading: JSON.stringify(reading), create_time: now },
  }));
  await knex("model_answer").insert(rows).onConflict(["engine", "text_hash"]).ignore();
}

/** Erases what any engine has answered to texts, by their hashes; returns how many answers. */
export async function eraseModelAnswers(trx: Knex.Transaction, hashes: readonly string[]): Promise<number> {
  return await trx("model_answer").whereIn("text_hash", hashes).delete();
}

/** Forgets answers that are older than 30 days, and the oldest of more than `maxRows`. */
export async function pruneAnswers({ knex }: Database, now: number, maxRows: number = MAX_ROWS): Promise<void> {
  await knex("model_answer")
    .where("create_time", "<", now - KEPT_MS)
    .delete();
  const latestFirst = knex("model_answer").orderBy("create_time", "desc");
  const first = await latestFirst.offset(maxRows).first("create_time");
  if (first) await knex("model_answer").where("create_time", "<=", first.create_time).delete();
}
