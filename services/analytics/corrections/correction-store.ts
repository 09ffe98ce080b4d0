// Corrections in the database, and how often they have changed.
import { create, fromJsonString, toJsonString } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import type { Knex } from "knex";
import { type Actor, ActorSchema } from "#gen/deskwire/actor/v1/actor_pb.js";
import type {
  CorrectAnalysisRequest,
  ListCorrectionsRequest,
} from "#gen/deskwire/analytics/v1/analytics_service_pb.js";
import { type Correction, CorrectionSchema } from "#gen/deskwire/analytics/v1/correction_pb.js";
import { take } from "../../../runtime/database/counter.ts";
import { fail } from "../../../runtime/errors.ts";
import { formatId, parseId } from "../../../runtime/messages/ids.ts";

/** A row of the table `correction`. */
export interface CorrectionRow {
  readonly id: number;
  readonly text: string;
  readonly sentiment: number;
  readonly category: number;
  readonly ticket_id: string;
  readonly customer_id: string;
  /** JSON of an Actor. */
  readonly author: string;
  readonly create_time: number;
  /** NULL while it counts. */
  readonly undo_time: number | null;
  readonly undone_by: string | null;
}

const toActor = (json: string): Actor => fromJsonString(ActorSchema, json);

/** Reads a row as a message. */
export function toCorrection(row: CorrectionRow): Correction {
  return create(CorrectionSchema, {
    id: formatId("COR", row.id),
    text: row.text,
    sentiment: row.sentiment,
    category: row.category,
    ticketId: row.ticket_id,
    customerId: row.customer_id,
    author: toActor(row.author),
    createTime: timestampFromMs(row.create_time),
    ...(row.undo_time !== null && { undoTime: timestampFromMs(row.undo_time) }),
    ...(row.undone_by !== null && { undoneBy: toActor(row.undone_by) }),
  });
}

const countChange = (trx: Knex.Transaction) => take(trx, "correction_changes");

function customerErased(customerId: string) {
  return fail(
    Code.FailedPrecondition,
    "CUSTOMER_ERASED",
    `${customerId} was erased, and nothing is learned from their texts any more. Nothing was written.`,
    { customer_id: customerId },
  );
}

/** Adds a correction; throws `failed_precondition` (CUSTOMER_ERASED) for the text of a customer who was erased. */
export async function insertCorrection(
  trx: Knex.Transaction,
  { text, sentiment, category, ticketId, customerId, author }: CorrectAnalysisRequest,
  now: number,
): Promise<Correction> {
  const id = await take(trx, "correction");
  // Under the lock of the counter, which whoever erases a customer takes as well.
  if (customerId && (await trx("erased_customer").where({ customer_id: customerId }).first("customer_id"))) {
    throw customerErased(customerId);
  }
  const row: CorrectionRow = {
    id,
    ...{ text, sentiment, category, ticket_id: ticketId, customer_id: customerId },
    author: toJsonString(ActorSchema, author ?? create(ActorSchema)),
    ...{ create_time: now, undo_time: null, undone_by: null },
  };
  await trx("correction").insert(row);
  await countChange(trx);
  return toCorrection(row);
}

/** Undoes a correction, unless it has been undone before; undefined where there is none of that identifier. */
export async function undoCorrection(
  trx: Knex.Transaction,
  correctionId: string,
  actor: Actor | undefined,
  now: number,
): Promise<Correction | undefined> {
  const id = parseId(correctionId);
  const row: CorrectionRow | undefined = await trx("correction").where({ id }).forUpdate().first();
  if (row === undefined || row.undo_time !== null) return row && toCorrection(row);
  const undone = { undo_time: now, undone_by: toJsonString(ActorSchema, actor ?? create(ActorSchema)) };
  await trx("correction").where({ id }).update(undone);
  await countChange(trx);
  return toCorrection({ ...row, ...undone });
}

/** Erases the corrections of a customer's texts, and of these tickets, and lets no more come; returns how many there were. */
export async function eraseCorrections(
  trx: Knex.Transaction,
  customerId: string,
  ticketIds: readonly string[],
): Promise<number> {
  await trx("counter").where({ name: "correction" }).forUpdate().first();
  await trx("erased_customer").insert({ customer_id: customerId }).onConflict("customer_id").ignore();
  const theirs = trx("correction").where({ customer_id: customerId }).orWhereIn("ticket_id", ticketIds);
  const count = await theirs.delete();
  if (count > 0) await countChange(trx);
  return count;
}

/** The corrections that a list asks for, in no order yet. */
export function correctionsMatching(
  db: Knex,
  { ticketId, customerId, includeUndone }: ListCorrectionsRequest,
): Knex.QueryBuilder {
  const query = db<CorrectionRow>("correction");
  if (ticketId) query.where({ ticket_id: ticketId });
  if (customerId) query.where({ customer_id: customerId });
  if (!includeUndone) query.whereNull("undo_time");
  return query;
}

/** How often corrections have been made or undone: while it stays, so do they. */
export async function countChanges(db: Knex): Promise<number> {
  return (await db("counter").where({ name: "correction_changes" }).first("value")).value;
}

/** Bounds on what is read at once. */
export interface Bounds {
  readonly corrections: number;
  /** Of their texts together, each counted up to `charactersEach`. */
  readonly characters: number;
  readonly charactersEach: number;
}

const PAGE = 100;

/** The latest corrections that count, the latest first, within bounds. */
export async function latestCorrections(db: Knex, bounds: Bounds): Promise<CorrectionRow[]> {
  const found: CorrectionRow[] = [];
  let characters = 0;
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const counting = db<CorrectionRow>("correction").whereNull("undo_time").where("id", "<", before);
    const page: CorrectionRow[] = await counting.orderBy("id", "desc").limit(PAGE);
    for (const row of page) {
      characters += Math.min(row.text.length, bounds.charactersEach);
      if (found.length === bounds.corrections || characters > bounds.characters) return found;
      found.push(row);
      before = row.id;
    }
    if (page.length < PAGE) return found;
  }
}
