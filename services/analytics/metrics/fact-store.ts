// Facts and the states of tickets in the database.
import type { Knex } from "knex";
import {
  balanceOf,
  CHUNK_FACTS,
  customersFromBytes,
  customersToBytes,
  EMPTY,
  extend,
  fromBytes,
  type NumberedFact,
  toBytes,
  type WholeChunk,
} from "./chunk.ts";
import type { Segment } from "./facts.ts";
import type { TicketState } from "./ticket-state.ts";

/** Rows of one statement; SQLite takes no more. */
const PAGE = 500;

function* pages<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += PAGE) yield items.slice(at, at + PAGE);
}

/** A ticket that the log has told of. */
export interface KnownTicket {
  /** The number under which its customer is known here. */
  readonly customer: number;
  readonly state: TicketState;
}

/** Reads what is known of tickets, by their number. */
export async function readTickets(db: Knex, ticketIds: readonly number[]): Promise<Map<number, KnownTicket>> {
  const found = new Map<number, KnownTicket>();
  for (const page of pages(ticketIds)) {
    const rows: { ticket_id: number; customer: number; state: string }[] = await db("metrics_ticket").whereIn(
      "ticket_id",
      page,
    );
    for (const { ticket_id, customer, state } of rows) found.set(ticket_id, { customer, state: JSON.parse(state) });
  }
  return found;
}

/** Stores what is known of tickets now. */
export async function writeTickets(trx: Knex.Transaction, tickets: ReadonlyMap<number, KnownTicket>): Promise<void> {
  for (const page of pages([...tickets])) {
    const rows = page.map(([ticket_id, { customer, state }]) => ({
      ticket_id,
      customer,
      state: JSON.stringify(state),
    }));
    await trx("metrics_ticket").insert(rows).onConflict("ticket_id").merge(["state"]);
  }
}

/** Numbers for things that are named over and over, each kept in a table of its own. */
async function numbered<T>(
  trx: Knex.Transaction,
  table: string,
  things: ReadonlyMap<string, T>,
  find: (page: readonly T[]) => Knex.QueryBuilder,
  columns: { toRow(thing: T): Record<string, unknown>; keyOf(row: never): string },
): Promise<Map<string, number>> {
  const numbers = new Map<string, number>();
  for (const page of pages([...things.values()])) {
    for (const row of await find(page)) numbers.set(columns.keyOf(row as never), row.id);
  }
  const fresh = [...things].filter(([key]) => !numbers.has(key));
  if (fresh.length === 0) return numbers;
  const last = (await trx(table).max({ last: "id" }).first())?.last ?? 0;
  const rows = fresh.map(([key, thing], index) => {
    const id = last + 1 + index;
    numbers.set(key, id);
    return { id, ...columns.toRow(thing) };
  });
  for (const page of pages(rows)) await trx(table).insert(page);
  return numbers;
}

/** What tells segments apart. */
export const segmentKey = ({ team, assignee, channel }: Segment) => JSON.stringify([team, assignee, channel]);

/** The numbers of segments, by `segmentKey`; those that are new get one. */
export async function numberSegments(trx: Knex.Transaction, segments: Iterable<Segment>): Promise<Map<string, number>> {
  const things = new Map([...segments].map((segment) => [segmentKey(segment), segment]));
  const find = (page: readonly Segment[]) =>
    trx("metrics_segment").whereIn(
      ["team", "assignee", "channel"],
      page.map(({ team, assignee, channel }) => [team, assignee, channel]),
    );
  const toRow = ({ team, assignee, channel }: Segment) => ({ team, assignee, channel });
  return numbered(trx, "metrics_segment", things, find, { toRow, keyOf: segmentKey });
}

/** The numbers of customers, by `CUS-…`; those that are new get one. */
export async function numberCustomers(trx: Knex.Transaction, ids: Iterable<string>): Promise<Map<string, number>> {
  const things = new Map([...ids].map((id) => [id, id]));
  const find = (page: readonly string[]) => trx("metrics_customer").whereIn("customer_id", page);
  const keyOf = ({ customer_id }: { customer_id: string }) => customer_id;
  return numbered(trx, "metrics_customer", things, find, { toRow: (customer_id) => ({ customer_id }), keyOf });
}

/** The numbers of engines, by name; those that are new get one. */
export async function numberEngines(trx: Knex.Transaction, names: Iterable<string>): Promise<Map<string, number>> {
  const things = new Map([...names].map((name) => [name, name]));
  const find = (page: readonly string[]) => trx("metrics_engine").whereIn("name", page);
  const keyOf = ({ name }: { name: string }) => name;
  return numbered(trx, "metrics_engine", things, find, { toRow: (name) => ({ name }), keyOf });
}

/** The earliest and the latest time of a chunk's facts, in seconds since 1970. */
function timeRange({ times }: WholeChunk): { min_time: number; max_time: number } {
  let [min, max] = [Number.POSITIVE_INFINITY, 0];
  for (const time of times) {
    if (time < min) min = time;
    if (time > max) max = time;
  }
  return { min_time: min, max_time: max };
}

const toRow = (chunk: WholeChunk, version: number) => ({
  version,
  fact_count: chunk.count,
  ...timeRange(chunk),
  balance: new Uint8Array(balanceOf(chunk).buffer),
  data: toBytes(chunk),
  customers: customersToBytes(chunk),
});

/**
 * Appends facts: fills the last chunk, then begins new ones.
 *
 * @param version the log's position with these facts
 */
export async function appendFacts(
  trx: Knex.Transaction,
  facts: readonly NumberedFact[],
  version: number,
): Promise<void> {
  if (facts.length === 0) return;
  const last: { id: number; data: Uint8Array; customers: Uint8Array } | undefined = await trx("metrics_chunk")
    .orderBy("id", "desc")
    .first("id", "data", "customers");
  const tail = last ? { ...fromBytes(last.data), ...customersFromBytes(last.customers) } : EMPTY;
  const room = last ? CHUNK_FACTS - tail.count : 0;
  if (last && room > 0) {
    await trx("metrics_chunk")
      .where({ id: last.id })
      .update(toRow(extend(tail, facts.slice(0, room)), version));
  }
  let id = last?.id ?? 0;
  for (let at = room; at < facts.length; at += CHUNK_FACTS) {
    const chunk = extend(EMPTY, facts.slice(at, at + CHUNK_FACTS));
    await trx("metrics_chunk").insert({ id: ++id, ...toRow(chunk, version) });
  }
}

/**
 * Makes a customer's facts nobody's: all totals stay, and nothing tells any more whose they were. A rebuild reads from the log
 * whose tickets they are, so the log has to be redacted first. Returns whether there was such a customer.
 */
export async function forgetCustomer(db: Knex, customerId: string): Promise<boolean> {
  return (await db("metrics_customer").where({ customer_id: customerId }).update({ customer_id: null })) > 0;
}
