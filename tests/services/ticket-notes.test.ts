// The CRM as a reader of the ticket service's log: each event counts once, however often it comes.
import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import { type TicketEvent, TicketEventSchema, TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { insertCustomer } from "../../services/crm/customer-store.ts";
import { migrations } from "../../services/crm/migrations.ts";
import { readCursor } from "../../services/crm/note-store.ts";
import { keepNote } from "../../services/crm/ticket-notes.ts";
import { DIALECTS, temporaryDatabase } from "../support/databases.ts";

const nobody = { name: "Ada", emails: [], phone: "", company: "", plan: "", locale: "", timeZone: "", tags: [] };

function noteEvent(position: bigint, customerId: string): TicketEvent {
  return create(TicketEventSchema, {
    ...{ position, customerId, ticketId: "TKT-1001", type: TicketEventType.CUSTOMER_NOTE_REQUESTED },
    ...{ customerNote: `note ${position}`, actor: { kind: ActorKind.AI } },
  });
}

test.each(DIALECTS)("on %s an event that comes again, or by two readers at once, makes one note", async (dialect) => {
  const place = await temporaryDatabase(dialect);
  const database = await place.open(...migrations);
  const logged: string[] = [];
  const keep = (event: TicketEvent) => keepNote(database, event, (message) => void logged.push(message));
  const customer = await database.transaction((trx) =>
    insertCustomer(trx, { ...nobody, attributes: {}, externalId: "" }, 1),
  );
  await keep(noteEvent(3n, customer.id));
  await keep(noteEvent(3n, customer.id));
  await Promise.all([keep(noteEvent(5n, customer.id)), keep(noteEvent(5n, customer.id))]);
  await keep(noteEvent(4n, customer.id));
  expect(await database.knex("note").orderBy("id").pluck("body")).toEqual(["note 3", "note 5"]);
  // One for a customer who is gone is passed over, so that it does not hold up the others.
  await keep(noteEvent(7n, "CUS-9999"));
  expect(logged).toEqual(["a note's customer is not in the CRM; the note is dropped"]);
  expect(await readCursor(database.knex)).toBe(7);
  await database.close();
  await place.remove();
});
