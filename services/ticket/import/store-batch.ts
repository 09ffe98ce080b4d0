// Some imported rows become tickets: those that are not there yet, in one transaction.
import { setImmediate as turn } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Knex } from "knex";
import { type Actor, ActorKind, ActorSchema } from "#gen/deskwire/actor/v1/actor_pb.js";
import { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { type Ticket, WaitingOn } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { methodName, type Origin } from "../../../runtime/call.ts";
import { take } from "../../../runtime/database/counter.ts";
import type { Database } from "../../../runtime/database/database.ts";
import { untilKeysAreFree } from "../../../runtime/database/until-free.ts";
import type { Policy } from "../../../runtime/policy/policy.ts";
import type { KnownCustomer, ResolveCustomers } from "../customer-directory.ts";
import { differences } from "../differences.ts";
import { appendEvents, type NewEvent } from "../event-store.ts";
import { dueTime } from "../priority/due.ts";
import { findByExternalIds, insertTickets, insertUnread } from "../ticket-store.ts";
import { type KeyedRow, toTicket } from "./to-ticket.ts";

/** Rows that are stored before others get their turn, so that no call waits for more than these. */
const SLICE = 128;
const METHOD = methodName(TicketService.method.importTickets);
const IMPORTER: Actor = create(ActorSchema, { kind: ActorKind.SYSTEM, id: "import", name: "Import" });

/** What an import stands on. */
export interface ImportOptions {
  readonly database: Database;
  readonly policy: Policy;
  /** Milliseconds UTC. */
  readonly now: () => number;
  readonly origin: Origin;
}

/** The tickets of rows, by their keys. */
export interface StoredBatch {
  readonly added: ReadonlyMap<string, string>;
  readonly present: ReadonlyMap<string, string>;
}

function createdEvent(ticket: Ticket, now: number, origin: Origin): NewEvent {
  const { id: ticketId, customerId, etag } = ticket;
  const common = { ticketId, customerId, etag, type: TicketEventType.CREATED, actor: IMPORTER };
  return {
    ...common,
    changes: differences(undefined, ticket),
    createTime: timestampFromMs(now),
    method: METHOD,
    ...origin,
  };
}

async function insert(
  trx: Knex.Transaction,
  rows: readonly KeyedRow[],
  customers: ReadonlyMap<string, KnownCustomer>,
  { policy, now: clock, origin }: ImportOptions,
): Promise<Map<string, string>> {
  const added = new Map<string, string>();
  if (rows.length === 0) return added;
  const now = clock();
  const first = await take(trx, "ticket", rows.length);
  const events: NewEvent[] = [];
  for (let from = 0; from < rows.length; from += SLICE) {
    if (from > 0) await turn();
    const tickets = rows.slice(from, from + SLICE).map((keyed, index) => {
      const ticket = toTicket(keyed, first + from + index, customers.get(keyed.key), now);
      return Object.assign(ticket, { dueTime: dueTime(policy, ticket) });
    });
    await insertTickets(trx, tickets);
    const waiting = tickets.filter(({ waitingOn }) => waitingOn === WaitingOn.DESK);
    await insertUnread(
      trx,
      waiting.map(({ id }) => id),
    );
    for (const ticket of tickets) {
      events.push(createdEvent(ticket, now, origin));
      added.set(ticket.externalId, ticket.id);
    }
  }
  await appendEvents(trx, events);
  return added;
}

/** Stores rows that have different keys. */
export async function storeBatch(
  options: ImportOptions,
  rows: readonly KeyedRow[],
  resolveCustomers: ResolveCustomers,
): Promise<StoredBatch> {
  const { database } = options;
  const keys = rows.map(({ key }) => key);
  const present = await findByExternalIds(database.knex, keys);
  const isAbsent = ({ key }: KeyedRow) => !present.has(key);
  const absent = rows.filter(isAbsent);
  const resolved = await resolveCustomers(
    absent.map(({ row }) => ({ email: row.customerEmail, name: row.customerName })),
  );
  const customers = new Map(absent.map(({ key }, index) => [key, resolved[index] as KnownCustomer]));
  const added = await untilKeysAreFree(["ticket.external_id"], () =>
    database.transaction(async (trx) => {
      // Another import may have been quicker since; the counter's lock lets only one at a time past this point.
      await trx("counter").where({ name: "ticket" }).forUpdate().first();
      for (const [key, id] of await findByExternalIds(trx, keys)) present.set(key, id);
      return await insert(trx, rows.filter(isAbsent), customers, options);
    }),
  );
  return { added, present };
}
