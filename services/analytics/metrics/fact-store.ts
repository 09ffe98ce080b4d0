// The states of tickets in the database, and the numbers under which facts know what they are about.
import type { Knex } from "knex";
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

/**
 * Makes a customer's facts nobody's: all totals stay, and nothing tells any more whose they were. A rebuild reads from the log
 * whose tickets they are, so the log has to be redacted first. Returns whether there was such a customer.
 */
export async function forgetCustomer(db: Knex, customerId: string): Promise<boolean> {
  return (await db("metrics_customer").where({ customer_id: customerId }).update({ customer_id: null })) > 0;
}
