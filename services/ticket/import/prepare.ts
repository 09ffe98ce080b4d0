// What is looked up of rows before they are stored, so that a transaction lasts the shorter for it.
import type { Database } from "../../../runtime/database/database.ts";
import type { KnownCustomer, ResolveCustomers } from "../customer-directory.ts";
import { endOfLog } from "../event-store.ts";
import { findByExternalIds } from "../ticket-store.ts";
import type { KeyedRow } from "./to-ticket.ts";

/** Rows, and what is known of them. */
export interface Piece {
  /** All of them, as they came. */
  readonly rows: readonly KeyedRow[];
  /** Those whose key no row of the import had before: of rows with the same key the first counts. */
  readonly firsts: readonly KeyedRow[];
  /** The tickets that had keys of `firsts` when the log ended at `seen`. */
  readonly present: ReadonlyMap<string, string>;
  readonly seen: number;
  /** The customers of the other `firsts`, by key. */
  readonly customers: ReadonlyMap<string, KnownCustomer>;
}

/** Looks the keys and the customers of rows up, piece by piece. */
export async function* prepared(
  database: Database,
  pieces: AsyncIterable<readonly KeyedRow[]>,
  resolveCustomers: ResolveCustomers,
): AsyncGenerator<Piece> {
  const met = new Set<string>();
  for await (const rows of pieces) {
    const firsts = rows.filter(({ key }) => !met.has(key) && met.add(key));
    const seen = await endOfLog(database.knex);
    const keys = firsts.map(({ key }) => key);
    const present = await findByExternalIds(database.knex, keys);
    const absent = firsts.filter(({ key }) => !present.has(key));
    const resolved = await resolveCustomers(
      absent.map(({ row }) => ({ email: row.customerEmail, name: row.customerName })),
    );
    const customers = new Map(absent.map(({ key }, index) => [key, resolved[index] as KnownCustomer]));
    yield { rows, firsts, present, seen, customers };
  }
}
