// What FTS5 finds in a large table, as far as somebody asks for it: never all rows of a common word.
import { type Read, readIds } from "./reader-thread.ts";
import { INDEXED_BEGINNINGS, type SearchTable } from "./search.ts";
import { fts5, withoutMarks, wordsOf } from "./search-words.ts";

/** Beginnings of more words than these are left to FTS5, which puts all rows of all of them together before it gives the first. */
const MOST_WORDS = 256;
/** To find the place of a row under a word takes as long as to read so many rows from there. */
const SEEK = 100;
const ACCENTED = /[À-ž]/g;
/** Letters that are folded here as FTS5 folds them. */
const FOLDED_ALIKE = /^[\dA-Za-zÀ-žΑ-Ωα-ρσ-ωЀ-ԧ]+$/;

/** How a text is asked of a table's index. */
export interface Question extends SearchTable {
  /** In the language of FTS5; empty where nothing can be found. */
  readonly expression: string;
  /** Rows that could be read while one is looked up. */
  readonly seek: number;
}

/** What was found in a table. */
export interface Finds extends Question {
  /** Ids, the highest first. */
  readonly newest: readonly number[];
  /** Whether there are no others. */
  readonly isWhole: boolean;
}

const quoted = (word: string) => `"${word}"`;

/** Words of an index that begin so, looked up one after the other: FTS5 would count the rows of each. */
const beginning = (table: string) => `
  with recursive found (word) as (
    select * from (select term from ${table}_search_words where term >= ?1 and term < ?2 limit 1)
    union all
    select (select term from ${table}_search_words where term >= word || char(0) and term < ?2 limit 1)
    from found where word is not null limit ${MOST_WORDS + 2}
  )
  select word from found where word is not null`;

/** The words that begin with a word of a text; undefined where they are too many, or no list of them would do any good. */
async function beginningWith(read: Read, table: string, word: string): Promise<string[] | undefined> {
  if ([...word].length <= INDEXED_BEGINNINGS.length || !FOLDED_ALIKE.test(word)) return undefined;
  const folded = word.replace(ACCENTED, withoutMarks).toLowerCase();
  const rows = await read<{ word: string }>(beginning(table), [folded, `${folded}\u{10ffff}`]);
  return rows.length > MOST_WORDS ? undefined : rows.map(({ word: each }) => each);
}

/** How a table's index is asked for the rows that `matchSearch` would keep. */
export async function questionFor(read: Read, { table }: SearchTable, text: string): Promise<Question> {
  const nothing = { table, expression: "", seek: 0 };
  const words = wordsOf(text, "sqlite");
  const last = words.at(-1);
  if (last === undefined) return nothing;
  const begun = await beginningWith(read, table, last);
  if (begun === undefined) {
    const isIndexed = [...last].length <= INDEXED_BEGINNINGS.length;
    return { table, expression: fts5(words), seek: isIndexed ? SEEK * words.length : Number.POSITIVE_INFINITY };
  }
  if (begun.length === 0) return nothing;
  const others = words.slice(0, -1).map(quoted);
  const expression = [...others, `(${begun.map(quoted).join(" OR ")})`].join(" AND ");
  return { table, expression, seek: SEEK * (others.length + begun.length) };
}

function inOrder(
  read: Read,
  { table, expression }: Question,
  direction: "asc" | "desc",
  limit: number,
  below?: number,
) {
  const sql = `select rowid as id from ${table}_search where ${table}_search match ? and rowid < ?
    order by rowid ${direction} limit ?`;
  return readIds(read, sql, [expression, below ?? Number.MAX_SAFE_INTEGER, limit]);
}

/** Looks in a table of SQLite for rows, the newest first, as far as `limit`; `known` are those of a look that did not go so far. */
export async function find(read: Read, question: Question, limit: number, known?: Finds): Promise<Finds> {
  if (question.expression === "") return { ...question, newest: [], isWhole: true };
  if (known && (known.isWhole || known.newest.length >= limit)) return known;
  const before = known?.newest ?? [];
  const ids = await inOrder(read, question, "desc", limit + 1 - before.length, before.at(-1));
  const newest = [...before, ...ids];
  return { ...question, newest: newest.slice(0, limit), isWhole: newest.length <= limit };
}

/** The first rows that were found, by their ids. */
export async function firstFinds(
  read: Read,
  finds: Finds,
  direction: "asc" | "desc",
  size: number,
): Promise<readonly number[]> {
  const { newest, isWhole } = finds;
  if (direction === "desc" && (isWhole || size <= newest.length)) return newest.slice(0, size);
  return isWhole ? newest.slice(-size) : inOrder(read, finds, direction, size);
}

/** Neighbours, with what lies between them where that is read in less time than the next is looked up. */
function spansOf(ids: readonly number[], gap: number): [from: number, to: number][] {
  const spans: [from: number, to: number][] = [];
  for (const id of Float64Array.from(ids).sort()) {
    const last = spans.at(-1);
    if (last && id - last[1] <= gap) last[1] = id;
    else spans.push([id, id]);
  }
  return spans;
}

/** In how many rows one is found, among the newest that were. */
export function rowsAFind({ newest }: Finds): number {
  const [first = 0, last = 0] = [newest[0], newest.at(-1)];
  return (first - last + 1) / newest.length;
}

/** Which of some rows were found. */
export async function findsAmong(read: Read, finds: Finds, ids: readonly number[]): Promise<number[]> {
  const { table, expression, seek, newest, isWhole } = finds;
  if (isWhole) {
    const all = new Set(newest);
    return ids.filter((id) => all.has(id));
  }
  // Materialized, because SQLite compares each row with the ends once more, and would read them anew from the text.
  const sql = `with span as materialized (select value ->> 0 as first, value ->> 1 as last from json_each(?))
    select ${table}_search.rowid as id from span cross join ${table}_search
    where ${table}_search match ? and ${table}_search.rowid between span.first and span.last`;
  const found = await readIds(read, sql, [JSON.stringify(spansOf(ids, seek * rowsAFind(finds))), expression]);
  const all = new Set(found);
  return ids.filter((id) => all.has(id));
}
