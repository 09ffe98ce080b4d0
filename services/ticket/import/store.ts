// Imported rows become tickets: those that are not there yet, as many in a transaction as there are and nobody waits for.
import { setImmediate as turn } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Knex } from "knex";
import { type Actor, ActorKind, ActorSchema } from "#gen/deskwire/actor/v1/actor_pb.js";
import { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { type Ticket, WaitingOn } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { undisturbed } from "../../../runtime/background/pace.ts";
import { methodName, type Origin } from "../../../runtime/calls/call.ts";
import { lastTaken, take } from "../../../runtime/database/counter.ts";
import type { Database } from "../../../runtime/database/database.ts";
import { inOrder, isInThread } from "../../../runtime/database/rows.ts";
import { type IndexRows, indexedTogether } from "../../../runtime/database/search.ts";
import { untilKeysAreFree } from "../../../runtime/database/until-free.ts";
import type { Policy } from "../../../runtime/policy/policy.ts";
import { differences } from "../differences.ts";
import { appendWritten, endOfLog, eventWriter, type WrittenEvent } from "../event-store.ts";
import { SEARCHED_TICKETS } from "../migrations.ts";
import { dueTime } from "../priority/due.ts";
import { findByExternalIds, insertTickets, insertUnread } from "../ticket-store.ts";
import type { Piece } from "./prepare.ts";
import type { Ahead } from "./read-ahead.ts";
import { toTicket } from "./to-ticket.ts";

/** Tickets that are made before others in the process get their turn. */
const AT_ONCE = 256;
/**
 * How long a transaction goes on while nobody waits for it, in milliseconds. Rows touch a page of most indexes each; the more
 * rows a transaction has, the fewer pages are written over and over. Well below PATIENCE_MS, since another process that
 * waits for the file is not seen here.
 */
const MOST_MS = 2_000;
/** How long a transaction waits for further rows, in milliseconds. */
const WAIT_MS = 50;
/** Rows that are indexed together for the search. */
const INDEXED_ROWS = 4_096;
/** Pieces at the database: one that is inserted, one whose events are still to come, and one that waits. */
const MOST_WAITING = 3;
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

/** What became of a piece: the tickets of keys. */
export interface StoredPiece {
  readonly piece: Piece;
  readonly added: ReadonlyMap<string, string>;
  readonly present: ReadonlyMap<string, string>;
}

/** Writes down that tickets were added. */
function createdEvents(now: number, origin: Origin): (ticket: Ticket) => WrittenEvent {
  const common = { type: TicketEventType.CREATED, actor: IMPORTER, createTime: timestampFromMs(now), method: METHOD };
  const write = eventWriter({ ...common, ...origin });
  return (ticket) => {
    const { id: ticketId, customerId, etag } = ticket;
    return write({ ticketId, customerId, etag, changes: differences(undefined, ticket) });
  };
}

async function insert(trx: Knex.Transaction, tickets: readonly Ticket[], events: readonly WrittenEvent[]) {
  const waiting = tickets.filter(({ waitingOn }) => waitingOn === WaitingOn.DESK);
  const unread = waiting.map(({ id }) => id);
  await inOrder(
    trx,
    () => insertTickets(trx, tickets),
    () => insertUnread(trx, unread),
    () => appendWritten(trx, events),
  );
}

/** What a transaction stored, and where the log ended before and after it. */
interface StoredPieces {
  readonly stored: readonly StoredPiece[];
  readonly from: number;
  readonly to: number;
}

/** Where the log ended after each transaction of this import, by where it ended before. */
type Ends = Map<number, number>;

/** Where the log would have ended at `seen` with what this import itself wrote since. */
function withOwn(ends: Ends, seen: number): number {
  for (let end = seen; ; ) {
    const next = ends.get(end);
    if (next === undefined) return end;
    end = next;
  }
}

/**
 * Stores the first pieces: as many as come without a pause and as there is time for while nobody waits, and one in any case. What it
 * takes goes into `taken`, where those are that it begins with. While some are inserted the next are made.
 */
async function storeFirst(
  trx: Knex.Transaction,
  taken: Piece[],
  ahead: Ahead<Piece>,
  ends: Ends,
  indexRows: IndexRows,
  { database, policy, now: clock, origin }: ImportOptions,
): Promise<StoredPieces> {
  // The counter's lock lets only one import at a time past this point.
  const last = await lastTaken(trx, "ticket", true);
  // Who takes a key writes into the log.
  const end = await endOfLog(trx);
  const now = clock();
  const toEvent = createdEvents(now, origin);
  const latest = performance.now() + MOST_MS;
  const stored: StoredPiece[] = [];
  const inserting: Promise<void>[] = [];
  let count = 0;
  let indexed = 0;

  function begin(work: Promise<void>): void {
    // Its error is thrown once it is waited for.
    work.catch(() => {});
    inserting.push(work);
  }

  async function store(piece: Piece): Promise<void> {
    const present = new Map(piece.present);
    if (end > withOwn(ends, piece.seen)) {
      const keys = piece.firsts.map(({ key }) => key);
      // Under the lock nobody adds any, and the other connection need not wait for what is inserted.
      const db = isInThread(trx) ? database.knex : trx;
      for (const [key, id] of await findByExternalIds(db, keys)) present.set(key, id);
    }
    const absent = piece.firsts.filter(({ key }) => !present.has(key));
    const tickets: Ticket[] = [];
    const events: WrittenEvent[] = [];
    for (const [index, keyed] of absent.entries()) {
      if (index > 0 && index % AT_ONCE === 0) await turn();
      const ticket = toTicket(keyed, last + 1 + count++, piece.customers.get(keyed.key), now);
      tickets.push(Object.assign(ticket, { dueTime: dueTime(policy, ticket) }));
      events.push(toEvent(ticket));
    }
    stored.push({ piece, present, added: new Map(absent.map(({ key }, index) => [key, tickets[index]?.id ?? ""])) });
    begin(insert(trx, tickets, events));
  }

  /** Has the search index what was inserted since the last time. */
  function index(): void {
    if (count > indexed) begin(indexRows(last + 1 + indexed, last + count));
    indexed = count;
  }

  try {
    for (let at = 0; ; at++) {
      if (at > 0 && ((database.isAwaited ?? true) || performance.now() > latest)) break;
      const piece = taken[at] ?? (await ahead.takeWithin(WAIT_MS));
      if (piece === undefined) break;
      taken[at] = piece;
      await store(piece);
      if (count - indexed >= INDEXED_ROWS) index();
      await inserting.at(-MOST_WAITING);
    }
    index();
    await Promise.all(inserting);
  } finally {
    // Nothing may follow the end of the transaction.
    await Promise.allSettled(inserting);
  }
  if (count > 0) await take(trx, "ticket", count);
  return { stored, from: end, to: end + count };
}

/** Stores pieces in their order, and gives what became of each once it is on the disk. What is stored before an error stays. */
export async function* storePieces(options: ImportOptions, ahead: Ahead<Piece>): AsyncGenerator<StoredPiece> {
  const taken: Piece[] = [];
  const ends: Ends = new Map();
  for (;;) {
    const next = taken[0] ?? (await ahead.take());
    if (next === undefined) return;
    taken[0] = next;
    const { stored, from, to } = await undisturbed(() =>
      untilKeysAreFree(["ticket.external_id"], () =>
        options.database.largeTransaction((trx) =>
          indexedTogether(trx, SEARCHED_TICKETS, (index) => storeFirst(trx, taken, ahead, ends, index, options)),
        ),
      ),
    );
    taken.splice(0, stored.length);
    if (to > from) ends.set(from, to);
    yield* stored;
  }
}
