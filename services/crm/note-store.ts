// Notes in the database, and how far the ticket service's log has been read for them.
import type { Knex } from "knex";
import type { Note } from "#gen/deskwire/crm/v1/note_pb.js";
import { take } from "../../runtime/database/counter.ts";
import { selectRows } from "../../runtime/database/rows.ts";
import { formatId, parseId } from "../../runtime/messages/ids.ts";
import { toTimestamp } from "../../runtime/messages/timestamps.ts";

/** A row of the table `note`. */
export interface NoteRow {
  readonly id: number;
  readonly customer_id: number;
  readonly author_kind: number;
  readonly author_id: string;
  readonly author_name: string;
  readonly body: string;
  readonly ticket_id: string;
  readonly ticket_event: number | null;
  readonly create_time: number;
}

/** Reads a row as a message. */
export function toNote(row: NoteRow): Note {
  return {
    $typeName: "deskwire.crm.v1.Note",
    id: formatId("NOTE", row.id),
    customerId: formatId("CUS", row.customer_id),
    author: { $typeName: "deskwire.actor.v1.Actor", kind: row.author_kind, id: row.author_id, name: row.author_name },
    body: row.body,
    ticketId: row.ticket_id,
    createTime: toTimestamp(row.create_time),
  };
}

/** What a note is made of. */
export interface NewNote {
  readonly note: Note;
  readonly now: number;
  /** Position of the event in the ticket service's log that asked for it. */
  readonly ticketEvent?: number;
}

/** Adds a note about a customer who exists. */
export async function insertNote(trx: Knex.Transaction, { note, now, ticketEvent }: NewNote): Promise<Note> {
  const row: NoteRow = {
    id: await take(trx, "note"),
    customer_id: parseId(note.customerId),
    author_kind: note.author?.kind ?? 0,
    author_id: note.author?.id ?? "",
    author_name: note.author?.name ?? "",
    body: note.body,
    ticket_id: note.ticketId,
    ticket_event: ticketEvent ?? null,
    create_time: now,
  };
  await trx("note").insert(row);
  return toNote(row);
}

/** The latest notes about a customer, newest first. */
export async function latestNotes(db: Knex, customerId: string, limit: number): Promise<Note[]> {
  if (limit === 0) return [];
  const newestFirst = "select * from note where customer_id = ? order by id desc";
  const rows = await selectRows<NoteRow>(db, `${newestFirst} limit ${limit}`, [parseId(customerId)]);
  return rows.map(toNote);
}

/** The notes about a customer, in no order yet. */
export function notesAbout(db: Knex, customerId: string): Knex.QueryBuilder {
  return db<NoteRow>("note").where({ customer_id: parseId(customerId) });
}

/** The position up to which the ticket service's log has been read. `lock` makes other readers wait for this one. */
export async function readCursor(db: Knex, lock = false): Promise<number> {
  const query = db("cursor").where({ name: "ticket_notes" }).first("position");
  return (await (lock ? query.forUpdate() : query)).position;
}

/** Moves that position on. */
export async function moveCursor(trx: Knex.Transaction, position: number): Promise<void> {
  await trx("cursor").where({ name: "ticket_notes" }).update({ position });
}
