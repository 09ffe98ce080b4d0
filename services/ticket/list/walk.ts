// Goes through the tickets of a list in its order, and keeps those that a search has found.
import type { Database } from "../../../runtime/database/database.ts";
import type { Read } from "../../../runtime/database/reader-thread.ts";
import { type KeysetPage, type OrderColumn, pageOf } from "../../../runtime/pagination.ts";
import { type ListedRow, listedColumns } from "../ticket-store.ts";
import { keysStatement, type PageQuestion } from "./page.ts";

/** Tickets that are looked at together: few where most are found, then more. Few sizes, for each is a long statement. */
const STEPS = [64, 512, 2_048];
/** A walk that would be longer than this is given up. */
const MOST_WALKED = 20_000;

/** A ticket on the way: its number, and the values of the order. */
interface Passed {
  readonly id: number;
}

/** Which of these tickets were found. */
export type Among = (ids: readonly number[]) => Promise<ReadonlySet<number>>;

const keyOf = (row: Passed, order: readonly OrderColumn[]) =>
  order.map(({ column }) => (row as unknown as Record<string, number>)[column.replace("ticket.", "")] as number);

/** The numbers of the first `limit` tickets that were found; undefined where so many would be too far to walk. */
export async function walk(
  database: Database,
  question: PageQuestion,
  read: Read,
  among: Among,
): Promise<number[] | undefined> {
  const { limit: wanted, order } = question;
  const found: number[] = [];
  let { after } = question;
  let walked = 0;
  for (let step = 0; ; step = Math.min(step + 1, STEPS.length - 1)) {
    const limit = STEPS[step] as number;
    const statement = keysStatement(database, { ...question, after, limit });
    const rows = statement ? await read<Passed>(statement.sql, statement.bindings) : [];
    const finds = await among(rows.map(({ id }) => id));
    found.push(...rows.map(({ id }) => id).filter((id) => finds.has(id)));
    const last = rows.at(-1);
    if (last === undefined || rows.length < limit || found.length >= wanted) return found.slice(0, wanted);
    walked += rows.length;
    const isFar = found.length * MOST_WALKED < wanted * walked;
    if (step > 0 && isFar) return undefined;
    after = keyOf(last, order);
  }
}

/** The page of these tickets. */
export async function pageWith(
  question: PageQuestion,
  read: Read,
  ids: readonly number[],
): Promise<KeysetPage<ListedRow>> {
  const { order, limit, request } = question;
  if (ids.length === 0) return { rows: [] };
  const columns = listedColumns(request.view).join(", ");
  const by = order.map(({ column, direction }) => `${column} ${direction}`).join(", ");
  const places = ids.map(() => "?").join(", ");
  const rows = await read<ListedRow>(`select ${columns} from ticket where id in (${places}) order by ${by}`, ids);
  return pageOf(rows, order, limit);
}
