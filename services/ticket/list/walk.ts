// Goes through the tickets of a list in its order, and keeps those that a search has found.
import type { Database, Dialect } from "../../../runtime/database/database.ts";
import type { Read } from "../../../runtime/database/reader-thread.ts";
import { type KeysetPage, type OrderColumn, pageOf } from "../../../runtime/pagination.ts";
import { type ListedRow, listedColumns } from "../ticket-store.ts";
import { keysStatement, type PageQuestion } from "./page.ts";

/** Tickets that are looked at together. Few sizes, for each is a long statement. */
const STEPS = [64, 256, 1_024] as const;
/** A walk that would be longer than this is given up. */
const MOST_WALKED = 20_000;

/** Which of these tickets were found. */
export type Among = (ids: readonly number[]) => Promise<ReadonlySet<number>>;

/** The order's values of a ticket on the way; the last of them is its number. */
type Key = readonly number[];

const numberOf = (key: Key) => key.at(-1) as number;

/** As one text: so many rows would take as long to bring from one thread to the other as to be found. */
function asJson(sql: string, order: readonly OrderColumn[], dialect: Dialect): string {
  const columns = order.map(({ column }) => column.replace("ticket.", "")).join(", ");
  const [all, one, cast] =
    dialect === "sqlite" ? ["json_group_array", "json_array", ""] : ["json_agg", "json_build_array", "::text"];
  return `select ${all}(${one}(${columns}))${cast} as keys from (${sql}) as passed`;
}

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
  let limit: number = STEPS[0];
  for (;;) {
    const statement = keysStatement(database, { ...question, after, limit });
    if (statement === undefined) return found;
    const [row] = await read<{ keys: string }>(asJson(statement.sql, order, database.dialect), statement.bindings);
    const keys: Key[] = JSON.parse(row?.keys ?? "[]");
    const ids = keys.map(numberOf);
    const finds = await among(ids);
    found.push(...ids.filter((id) => finds.has(id)));
    if (keys.length < limit || found.length >= wanted) return found.slice(0, wanted);
    walked += limit;
    const whole = (wanted * walked) / found.length;
    if (walked > STEPS[0] && whole > MOST_WALKED) return undefined;
    limit = STEPS.find((step) => step >= whole - walked) ?? STEPS[2];
    after = keys.at(-1);
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
