// What is in the databases, read past the services.
import type { Knex } from "knex";
import { type TicketEvent, TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import type { TicketMessage } from "#gen/deskwire/ticket/v1/message_pb.js";
import type { Ticket } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { readConfig } from "../../runtime/config.ts";
import { connect } from "../../runtime/database/connect.ts";
import { type NoteRow, readCursor } from "../../services/crm/note-store.ts";
import { databaseLocation } from "../../services/databases.ts";
import { toEvent } from "../../services/ticket/event-store.ts";
import { toMessage } from "../../services/ticket/message-store.ts";
import { toTicket } from "../../services/ticket/ticket-store.ts";

/** All that a run left behind. */
export interface Stored {
  readonly tickets: readonly Ticket[];
  readonly messages: readonly TicketMessage[];
  /** By position. */
  readonly events: readonly TicketEvent[];
  readonly notes: readonly NoteRow[];
  /** The position up to which the CRM has read the log for notes. */
  readonly cursor: number;
}

type Databases = Readonly<Record<"crm" | "ticket", Knex>>;

async function using<T>(storage: Readonly<Record<string, string>>, read: (db: Databases) => Promise<T>): Promise<T> {
  const config = readConfig(storage);
  const open = (name: keyof Databases) => connect("torture", databaseLocation(config, name), () => {});
  const databases = { crm: await open("crm"), ticket: await open("ticket") };
  try {
    return await read(databases);
  } finally {
    await Promise.all(Object.values(databases).map((knex) => knex.destroy()));
  }
}

/** Whether the CRM has read the log to its end. */
export function isCaughtUp(storage: Readonly<Record<string, string>>): Promise<boolean> {
  return using(storage, async ({ crm, ticket }) => {
    const asked = ticket("event").where({ type: TicketEventType.CUSTOMER_NOTE_REQUESTED });
    const { last } = (await asked.max({ last: "position" }).first()) ?? {};
    return (await readCursor(crm)) >= Number(last ?? 0);
  });
}

/** Reads everything. */
export function readStored(storage: Readonly<Record<string, string>>): Promise<Stored> {
  return using(storage, async ({ crm, ticket }) => ({
    tickets: (await ticket("ticket")).map(toTicket),
    messages: (await ticket("message")).map(toMessage),
    events: (await ticket("event").orderBy("position")).map(toEvent),
    notes: await crm("note"),
    cursor: await readCursor(crm),
  }));
}
