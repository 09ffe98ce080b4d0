// In SQLite: pages of a search for words that many tickets have. Of a sample of the finds as many as a page takes show how far the page
// goes at most: of the tickets up to there all are asked for whether they were found, and none of the others.
import { TicketOrder } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import type { Database } from "../../../runtime/database/database.ts";
import { type KeysetOptions, keyOf, type OrderColumn } from "../../../runtime/database/keyset.ts";
import { type Read, readIds } from "../../../runtime/database/reader-thread.ts";
import type { Sql } from "../../../runtime/database/rows.ts";
import { type PageSource, totalSize } from "../../../runtime/messages/pagination.ts";
import type { ListedRow } from "../ticket-store.ts";
import { select } from "./conditions.ts";
import { type ListQuestion, numbersOf, type Stretch, ticketsMatching } from "./filters.ts";
import { orderColumns } from "./orders.ts";
import { keysStatement, sortedKeys, sortedPage } from "./page.ts";

/** What a search has found: pages of it, and how much it is. */
export type Found = PageSource<ListedRow>;

/** A search of which the finds are not known one by one. */
export interface Finder {
  /** Numbers of so many tickets that were found, or all: the newest, or the oldest. */
  sample(direction: OrderColumn["direction"], size: number): Promise<ReadonlySet<number>>;
  /** Which of these tickets were found. */
  among(ids: readonly number[]): Promise<ReadonlySet<number>>;
  /** A list of so few tickets is asked for whole. */
  readonly short: number;
  /** So many are not asked for; it is less work then to sort all finds. */
  readonly most: number;
}

/** Finds that are looked at first, and at most. */
const SAMPLE = 400;
const LARGEST_SAMPLE = 40_000;
/** As far as `total_size` is exact. */
export const COUNTED = 1_000;
/** Tickets of which as many as were found are counted; a few sizes, for each is a long statement. */
const AMONG = [1_200, 4_096, 16_384];

/** Pages by a sort of all that was found. */
export function sorted(database: Database, question: ListQuestion, read: Read): Found {
  const matching = () => ticketsMatching(database, question);
  return {
    page: (options) => sortedPage(matching(), { ...options, ...question }, read),
    count: () => totalSize(select("1", matching()), read),
  };
}

const numbers = (read: Read, { sql, bindings }: Sql) => readIds(read, sql, bindings);

/** Pages of the finds by what `finder` says; where that were more work, by `all`. */
export function bounded(database: Database, question: ListQuestion, read: Read, finder: Finder, all: Found): Found {
  const these = (ids: Iterable<number>) => ticketsMatching(database, { ...question, ids: [...ids] });

  /** Numbers of the tickets of a stretch; undefined where there are more than `most`. */
  async function within(stretch: Stretch, most: number): Promise<readonly number[] | undefined> {
    const { sql, bindings } = numbersOf(database, question, stretch);
    const ids = await numbers(read, { sql: `${sql} limit ${most + 1}`, bindings });
    return ids.length > most ? undefined : ids;
  }

  /** Tickets that those of the page are among: as far as the last of so many finds as it takes. Undefined where they are too many. */
  async function candidates(options: KeysetOptions): Promise<readonly number[] | undefined> {
    const { order, limit } = options;
    // In the order by priority it is the times behind that which go with the numbers.
    const direction = order.at(-1)?.direction ?? "asc";
    for (let size = SAMPLE; ; ) {
      const ids = await finder.sample(direction, size);
      const keys = sortedKeys(these(ids), options);
      const rows = await read<object>(keys.sql, keys.bindings);
      const last = rows[limit];
      if (last) return within({ ...options, until: keyOf(last, order) }, finder.most);
      const list = size === SAMPLE && (await within(options, finder.short));
      if (list) return list;
      if (ids.size < size || size === LARGEST_SAMPLE) return undefined;
      // As many as it takes if as many of the others fit.
      size = Math.min(LARGEST_SAMPLE, Math.ceil((1.3 * size * (limit + 1)) / rows.length));
    }
  }

  return {
    async page(options) {
      const asked = await candidates(options);
      if (asked === undefined) return all.page(options);
      return sortedPage(these(await finder.among(asked)), { ...options, ...question }, read);
    },
    async count() {
      // The newest have their numbers together, and so their places in the index.
      const order = orderColumns(TicketOrder.UPDATED_NEWEST);
      let wanted = 0;
      for (const limit of AMONG) {
        if (limit < wanted) continue;
        const statement = keysStatement(database, { ...question, order, limit });
        const ids = statement ? await numbers(read, statement) : [];
        const found = (await finder.among(ids)).size;
        if (found > COUNTED || ids.length < limit) return Math.min(found, COUNTED + 1);
        wanted = (COUNTED * limit) / found;
      }
      return all.count();
    },
  };
}
