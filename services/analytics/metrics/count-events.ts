// Counts a batch of events: reads their texts, makes their facts, and stores facts and cursor in one transaction.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Knex } from "knex";
import { type TicketEvent, TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { Pace } from "../../../runtime/background/pace.ts";
import type { Database } from "../../../runtime/database/database.ts";
import { parseId } from "../../../runtime/messages/ids.ts";
import type { Policy } from "../../../runtime/policy/policy.ts";
import type { Engine } from "../engine/engine.ts";
import { appendFacts, type ChunkSizes } from "./chunk-store.ts";
import { type Cursor, moveCursor, readCursor, startOver } from "./cursor.ts";
import type { NumberedFact } from "./fact-code.ts";
import {
  forgetCustomer,
  type KnownTicket,
  numberCustomers,
  numberEngines,
  numberSegments,
  readTickets,
  segmentKey,
  writeTickets,
} from "./fact-store.ts";
import type { Fact, Mood } from "./facts.ts";
import { PROJECTION_VERSION, project, textOf } from "./project.ts";

/** What counting stands on. */
export interface CountingOptions {
  readonly database: Database;
  readonly policy: Policy;
  /** The engine that reads customers' texts at this moment. */
  readonly engine: () => Engine;
  /** How large pieces of facts get; as is best if left out. */
  readonly chunkSizes?: ChunkSizes;
}

/** Tells the rules of counting apart: what was counted by others is counted anew. */
export function rulesOf({ fingerprint }: Policy): string {
  return `${PROJECTION_VERSION} ${fingerprint}`;
}

/** Begins anew if what is stored was counted by other rules. Returns where to read on. */
export async function prepare({ database, policy }: CountingOptions): Promise<Cursor> {
  const rules = rulesOf(policy);
  return await database.transaction(async (trx) => {
    const known = await readCursor(trx, true);
    return known.rules === rules ? known : startOver(trx, database, rules);
  });
}

async function readMoods(events: readonly TicketEvent[], engine: Engine, pace: Pace): Promise<Map<TicketEvent, Mood>> {
  const moods = new Map<TicketEvent, Mood>();
  for (const event of events) {
    const text = textOf(event);
    if (text === undefined) continue;
    if (pace.isOver) await pace.rest();
    const { sentiment, categorization } = engine.analyze(text);
    const { sentiment: mood, score } = sentiment;
    moods.set(event, { sentiment: mood, score, category: categorization.primaryCategory, engine: engine.name });
  }
  return moods;
}

/** A fact and the ticket that it is of. */
interface OfTicket {
  readonly ticket: number;
  readonly fact: Fact;
}

async function numberFacts(
  trx: Knex.Transaction,
  facts: readonly OfTicket[],
  customerOf: (ticket: number) => number,
): Promise<NumberedFact[]> {
  const segments = await numberSegments(
    trx,
    facts.map(({ fact }) => fact.segment),
  );
  const engineOf = (fact: Fact) => ("mood" in fact ? fact.mood.engine : undefined);
  const engines = await numberEngines(
    trx,
    facts.flatMap(({ fact }) => engineOf(fact) ?? []),
  );
  return facts.map(({ ticket, fact }) => ({
    fact,
    segment: segments.get(segmentKey(fact.segment)) ?? 0,
    customer: customerOf(ticket),
    engine: engines.get(engineOf(fact) ?? "") ?? 0,
  }));
}

/**
 * Counts events, which follow each other in the log without gaps. Those that are counted already change nothing. False where
 * the events do not go on where the log was left, or by other rules: somebody else has counted, or begun anew.
 */
export async function countEvents(
  options: CountingOptions,
  events: readonly TicketEvent[],
  pace: Pace = new Pace(),
): Promise<boolean> {
  const { database, policy, engine, chunkSizes: sizes } = options;
  const moods = await readMoods(events, engine(), pace);
  const rules = { policy, mood: (event: TicketEvent) => moods.get(event) as Mood };
  return await database.transaction(async (trx) => {
    const cursor = await readCursor(trx, true);
    const fresh = events.filter(({ position }) => Number(position) > cursor.position);
    const last = fresh.at(-1);
    if (cursor.rules !== rulesOf(policy)) return false;
    if (!last) return true;
    if (Number(fresh[0]?.position) !== cursor.position + 1) return false;
    const tickets = await readTickets(trx, [...new Set(fresh.map(({ ticketId }) => parseId(ticketId)))]);
    const unknown = fresh.filter(({ ticketId }) => !tickets.has(parseId(ticketId)));
    const customers = await numberCustomers(
      trx,
      unknown.map(({ customerId }) => customerId),
    );
    const changed = new Map<number, KnownTicket>();
    const facts: OfTicket[] = [];
    for (const event of fresh) {
      const ticket = parseId(event.ticketId);
      const known = changed.get(ticket) ?? tickets.get(ticket);
      const projected = project(known?.state, event, rules);
      for (const fact of projected.facts) facts.push({ ticket, fact });
      const customer = known?.customer ?? customers.get(event.customerId) ?? 0;
      if (projected.state && projected.state !== known?.state)
        changed.set(ticket, { customer, state: projected.state });
    }
    const customerOf = (ticket: number) => (changed.get(ticket) ?? tickets.get(ticket))?.customer ?? 0;
    const numbered = await numberFacts(trx, facts, customerOf);
    const { timeZone } = policy;
    await appendFacts(trx, numbered, { version: Number(last.position), timeZone, sizes });
    await writeTickets(trx, changed);
    // Also where the log is counted anew: whose the facts were is in it still.
    const erased = fresh.filter(({ type }) => type === TicketEventType.CUSTOMER_ERASED);
    for (const customerId of new Set(erased.map((event) => event.customerId))) await forgetCustomer(trx, customerId);
    await moveCursor(trx, Number(last.position), last.createTime ? timestampMs(last.createTime) : 0);
    return true;
  });
}
