// Some imported rows become tickets: those that are not there yet, in one transaction.
import { setImmediate as turn } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Knex } from "knex";
import { type Actor, ActorKind, ActorSchema } from "#gen/deskwire/actor/v1/actor_pb.js";
import { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { type Ticket, WaitingOn } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { methodName, type Origin } from "../../../runtime/calls/call.ts";
import { lastTaken, take } from "../../../runtime/database/counter.ts";
import type { Database } from "../../../runtime/database/database.ts";
import { untilKeysAreFree } from "../../../runtime/database/until-free.ts";
import type { Policy } from "../../../runtime/policy/policy.ts";
import type { KnownCustomer, ResolveCustomers } from "../customer-directory.ts";
import { differences } from "../differences.ts";
import { appendWritten, endOfLog, type NewEvent, type WrittenEvent, writeEvent } from "../event-store.ts";
import { dueTime } from "../priority/due.ts";
import { findByExternalIds, insertTickets, insertUnread } from "../ticket-store.ts";
import { type KeyedRow, toTicket } from "./to-ticket.ts";

/** Rows that are stored before others get their turn, so that no call waits for more than these. */
const SLICE = 256;
/**
 * How long a transaction goes on while nobody waits for it, in milliseconds. Rows touch a page of most indexes each; the more
 * rows a transaction has, the fewer pages are written over and over. Well below BUSY_TIMEOUT_MS, since another process that
 * waits for the file is not seen here.
 */
const MOST_MS = 2_000;
/** Rows of a transaction where the database does not tell whether anybody waits. */
const UNTOLD = 1_000;
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

const keyOf = ({ key }: KeyedRow) => key;

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

/** Rows as tickets, the first with this number. */
function toTickets(
  rows: readonly KeyedRow[],
  first: number,
  customers: ReadonlyMap<string, KnownCustomer>,
  { policy, now }: { readonly policy: Policy; readonly now: number },
): Ticket[] {
  return rows.map((keyed, index) => {
    const ticket = toTicket(keyed, first + index, customers.get(keyed.key), now);
    return Object.assign(ticket, { dueTime: dueTime(policy, ticket) });
  });
}

async function insert(trx: Knex.Transaction, tickets: readonly Ticket[]): Promise<void> {
  const waiting = tickets.filter(({ waitingOn }) => waitingOn === WaitingOn.DESK);
  await insertTickets(trx, tickets);
  await insertUnread(
    trx,
    waiting.map(({ id }) => id),
  );
}

/** What a transaction stored, and where the log ended after it. */
interface Stored extends StoredBatch {
  readonly end: number;
}

/**
 * Stores the first of the rows: as many as there is time for while nobody waits, and some in any case. While some are inserted
 * the next are made. No key was taken when the log ended at `seen`.
 */
async function storeFirst(
  trx: Knex.Transaction,
  rows: readonly KeyedRow[],
  customers: ReadonlyMap<string, KnownCustomer>,
  seen: number,
  { database, policy, now: clock, origin }: ImportOptions,
): Promise<Stored> {
  // The counter's lock lets only one import at a time past this point.
  const last = await lastTaken(trx, "ticket", true);
  // Who takes a key writes into the log.
  const end = await endOfLog(trx);
  const now = clock();
  const latest = performance.now() + MOST_MS;
  const added = new Map<string, string>();
  const present = new Map<string, string>();
  const events: WrittenEvent[] = [];
  let inserting = Promise.resolve();
  for (let from = 0; from < rows.length; from += SLICE) {
    if (from > 0) await turn();
    if (from > 0 && ((database.isAwaited ?? from >= UNTOLD) || performance.now() > latest)) break;
    const some = rows.slice(from, from + SLICE);
    if (end > seen) {
      await inserting;
      for (const [key, id] of await findByExternalIds(trx, some.map(keyOf))) present.set(key, id);
    }
    const absent = some.filter(({ key }) => !present.has(key));
    const tickets = toTickets(absent, last + added.size + 1, customers, { policy, now });
    for (const ticket of tickets) {
      events.push(writeEvent(createdEvent(ticket, now, origin)));
      added.set(ticket.externalId, ticket.id);
    }
    await inserting;
    inserting = insert(trx, tickets);
    // Waited for below; until then nobody else would take its error.
    inserting.catch(() => {});
  }
  await inserting;
  if (added.size > 0) await take(trx, "ticket", added.size);
  await appendWritten(trx, events);
  return { added, present, end: end + events.length };
}

/** Stores rows that have different keys, in their order. What is stored before an error stays. */
export async function storeBatch(
  options: ImportOptions,
  rows: readonly KeyedRow[],
  resolveCustomers: ResolveCustomers,
): Promise<StoredBatch> {
  const { database } = options;
  let seen = await endOfLog(database.knex);
  const present = await findByExternalIds(database.knex, rows.map(keyOf));
  const added = new Map<string, string>();
  const absent = rows.filter(({ key }) => !present.has(key));
  const resolved = await resolveCustomers(
    absent.map(({ row }) => ({ email: row.customerEmail, name: row.customerName })),
  );
  const customers = new Map(absent.map(({ key }, index) => [key, resolved[index] as KnownCustomer]));
  for (let from = 0; from < absent.length; ) {
    const rest = absent.slice(from);
    const stored = await untilKeysAreFree(["ticket.external_id"], () =>
      database.largeTransaction((trx) => storeFirst(trx, rest, customers, seen, options)),
    );
    for (const [key, id] of stored.added) added.set(key, id);
    for (const [key, id] of stored.present) present.set(key, id);
    from += stored.added.size + stored.present.size;
    seen = stored.end;
  }
  return { added, present };
}
