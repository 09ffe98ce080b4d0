// Notes that answers to tickets asked for: read from the ticket service's log, each stored once.
import { create } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { type Client, createClient, type Transport } from "@connectrpc/connect";
import { NoteSchema } from "#gen/deskwire/crm/v1/note_pb.js";
import { type TicketEvent, TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { keepDoing } from "../../runtime/background/keep-doing.ts";
import type { Database } from "../../runtime/database/database.ts";
import type { Log } from "../../runtime/log.ts";
import { findCustomer } from "./customer-store.ts";
import { insertNote, moveCursor, readCursor } from "./note-store.ts";

/** How often the log could not be read, or a note not kept. */
export interface ReaderStats {
  failures: number;
}

/** Reads on until `signal` is aborted; while the ticket service cannot be reached it tries again. */
export async function keepTicketNotes(
  database: Database,
  transport: Transport,
  signal: AbortSignal,
  stats: ReaderStats,
  log: Log,
): Promise<void> {
  const tickets: Client<typeof TicketService> = createClient(TicketService, transport);
  async function read(): Promise<void> {
    const afterPosition = BigInt(await readCursor(database.knex));
    const types = [TicketEventType.CUSTOMER_NOTE_REQUESTED];
    // No deadline: the stream lasts as long as both services do.
    for await (const { event } of tickets.watchEvents({ afterPosition, types }, { signal, timeoutMs: 0 })) {
      if (event) await keepNote(database, event, log);
    }
  }
  await keepDoing(read, signal, (error, isFirst) => {
    stats.failures++;
    if (isFirst) log("cannot read the ticket service's log, or keep a note; notes wait", { error }, "warn");
  });
}

/** Stores an event's note and the cursor in one transaction. An event that was read before changes nothing. */
export async function keepNote(database: Database, event: TicketEvent, log: Log): Promise<void> {
  const position = Number(event.position);
  await database.transaction(async (trx) => {
    if (position <= (await readCursor(trx, true))) return;
    // Locked: a customer who is being erased gets no note that the erasure does not see.
    const customer = await findCustomer(trx, event.customerId, true);
    if (customer && !customer.eraseTime) {
      const note = create(NoteSchema, {
        customerId: event.customerId,
        author: event.actor,
        body: event.customerNote,
        ticketId: event.ticketId,
      } as never);
      await insertNote(trx, {
        note,
        now: event.createTime ? timestampMs(event.createTime) : Date.now(),
        ticketEvent: position,
      });
    } else {
      log("a note's customer is not in the CRM; the note is dropped", { position, customer: event.customerId }, "warn");
    }
    await moveCursor(trx, position);
  });
}
