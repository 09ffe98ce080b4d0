// Full-text search with one meaning in both dialects: FTS5 on SQLite, a generated tsvector on PostgreSQL.
import type { Knex } from "knex";
import type { Dialect } from "./migrations.ts";
import type { Read } from "./reader-thread.ts";

/** A searched table. It needs `id`, an integer primary key (`increments` or `bigIncrements`). */
export interface SearchTable {
  readonly table: string;
}

// A tsvector holds at most 1 MB, and an insert must not fail because of the index.
const MAX_INDEXED_CHARACTERS = 200_000;

// FTS5's tables end with Unicode 6.1 and take every later character for a letter: emoji would become part of words.
const EMOJI = Array.from({ length: 0xb00 }, (_, index) => String.fromCodePoint(0x1f000 + index))
  .filter((character) => /\p{Extended_Pictographic}|\p{Emoji_Modifier}/u.test(character))
  .join("");
const TOKENIZER = `unicode61 remove_diacritics 2 categories 'L* Nd' separators '${EMOJI}'`;

/**
 * Makes the columns of a table searchable, within a migration; rows that are there already are indexed.
 *
 * Adds a table `<table>_search` with triggers on SQLite, a generated column `search` on PostgreSQL: neither is ever
 * written by hand. Null columns count as empty.
 */
export async function createSearch(
  trx: Knex.Transaction,
  dialect: Dialect,
  { table, columns }: SearchTable & { readonly columns: readonly string[] },
): Promise<void> {
  await (dialect === "sqlite" ? createFts5(trx, table, columns) : createTsvector(trx, table, columns));
}

/**
 * Makes the index of a table drop words for good along with their rows, within a migration. By itself FTS5 only notes that a
 * row is gone, and keeps its words until it happens to merge what it wrote then. PostgreSQL needs nothing.
 */
export async function dropWordsForGood(trx: Knex.Transaction, dialect: Dialect, { table }: SearchTable): Promise<void> {
  if (dialect === "postgres") return;
  const index = `${table}_search`;
  await trx.raw("INSERT INTO ?? (??, rank) VALUES ('secure-delete', 1)", [index, index]);
  // What was deleted before.
  await trx.raw("INSERT INTO ?? (??) VALUES ('optimize')", [index, index]);
}

async function createFts5(trx: Knex.Transaction, table: string, columns: readonly string[]): Promise<void> {
  const [key] = await trx.raw("SELECT type, pk FROM pragma_table_info(?) WHERE name = 'id'", [table]);
  if (key?.type?.toUpperCase() !== "INTEGER" || key.pk !== 1) {
    // Any other key leaves the rowid to SQLite, which renumbers it on VACUUM.
    throw new Error(`Search on ${table} needs a column "id" that is its INTEGER PRIMARY KEY.`);
  }
  const index = `${table}_search`;
  const names = columns.map(() => "??").join(", ");
  await trx.raw(
    `CREATE VIRTUAL TABLE ?? USING fts5(${names}, content=??, content_rowid='id', prefix='2 3', tokenize="${TOKENIZER}")`,
    [index, ...columns, table],
  );
  const values = (row: string) => columns.map((column) => `${row}.${column}`);
  const insert = trx.raw(`INSERT INTO ?? (rowid, ${names}) VALUES (new.id, ${names})`, [
    index,
    ...columns,
    ...values("new"),
  ]);
  // An external-content index can only forget a row if told what it held.
  const remove = trx.raw(`INSERT INTO ?? (??, rowid, ${names}) VALUES ('delete', old.id, ${names})`, [
    index,
    index,
    ...columns,
    ...values("old"),
  ]);
  await trx.raw(`CREATE TRIGGER ?? AFTER INSERT ON ?? BEGIN ${insert}; END`, [`${index}_insert`, table]);
  await trx.raw(`CREATE TRIGGER ?? AFTER DELETE ON ?? BEGIN ${remove}; END`, [`${index}_delete`, table]);
  await trx.raw(`CREATE TRIGGER ?? AFTER UPDATE OF id, ${names} ON ?? BEGIN ${remove}; ${insert}; END`, [
    `${index}_update`,
    ...columns,
    table,
  ]);
  await trx.raw("INSERT INTO ?? (??) VALUES ('rebuild')", [index, index]);
}

async function createTsvector(trx: Knex.Transaction, table: string, columns: readonly string[]): Promise<void> {
  const text = columns.map(() => "coalesce(??, '')").join(" || ' ' || ");
  // The server's own parser keeps e-mail addresses, numbers with signs and the like whole, and unaccent is neither
  // always installed nor immutable: so the text is cut down to unaccented words before the parser sees it. ICU's
  // collation knows letters and case beyond ASCII, whatever locale the database was made with.
  const unaccented = `normalize(regexp_replace(normalize(left(${text}, ${MAX_INDEXED_CHARACTERS}), NFD), '[\\u0300-\\u036f]', '', 'g'), NFC)`;
  const folded = `replace(lower((${unaccented}) COLLATE "und-x-icu"), 'ς', 'σ')`;
  const words = `regexp_replace(${folded}, '[^[:alnum:]]+', ' ', 'g')`;
  await trx.raw(
    `ALTER TABLE ?? ADD COLUMN search tsvector GENERATED ALWAYS AS (to_tsvector('simple', ${words})) STORED`,
    [table, ...columns],
  );
  await trx.raw("CREATE INDEX ?? ON ?? USING gin (search)", [`${table}_search`, table]);
}

const MARKS = /[\u0300-\u036f]/g;

/** Words as the index of that dialect has them; FTS5 folds case and accents by itself, to its own rules. */
function wordsOf(text: string, dialect: Dialect): string[] {
  const folded =
    dialect === "sqlite"
      ? text.normalize("NFC")
      : text.normalize("NFD").replace(MARKS, "").normalize("NFC").toLowerCase().replaceAll("ς", "σ");
  return folded.match(/[\p{L}\p{Nd}](?:[\p{L}\p{Nd}]|[\u0300-\u036f])*/gu) ?? [];
}

/**
 * Keeps the rows of a query whose searched columns hold all words of `text`, the last one as a prefix.
 *
 * Words are runs of letters and digits; case and accents do not matter, order and distance neither. Whatever else is in
 * the text (quotes, AND, `*`, `:`) separates words and has no meaning. A text without a word finds nothing. Text of
 * scripts that do not separate words is found by the start of its unbroken run. The one difference: SQLite knows the
 * accents of Latin letters alone, PostgreSQL also those of Greek and others.
 */
export function matchSearch<Q extends Knex.QueryBuilder>(
  query: Q,
  dialect: Dialect,
  { table }: SearchTable,
  text: string,
): Q {
  const words = wordsOf(text, dialect);
  if (words.length === 0) return query.whereRaw("1 = 0") as Q;
  if (dialect === "sqlite") {
    const index = `${table}_search`;
    return query.whereRaw("??.id IN (SELECT rowid FROM ?? WHERE ?? MATCH ?)", [table, index, index, fts5(words)]) as Q;
  }
  return query.whereRaw("??.search @@ to_tsquery('simple', ?)", [table, tsquery(words)]) as Q;
}

/**
 * Puts the ids of the rows that `matchSearch` would keep of all rows into a temporary table `found_<table>`, in SQLite, and
 * says how many. A word that most rows have is found in a tenth of a second among a million, where a look at the rows
 * takes many times as long.
 */
export async function keepFound(read: Read, { table }: SearchTable, text: string): Promise<number> {
  const words = wordsOf(text, "sqlite");
  await read(`CREATE TEMP TABLE found_${table} (id INTEGER PRIMARY KEY)`);
  if (words.length === 0) return 0;
  const index = `${table}_search`;
  await read(`INSERT INTO temp.found_${table} SELECT rowid FROM ${index} WHERE ${index} MATCH ?`, [fts5(words)]);
  const [row] = await read<{ count: number }>("SELECT changes() AS count");
  return row?.count ?? 0;
}

const fts5 = (words: readonly string[]) => `${words.map((word) => `"${word}"`).join(" ")}*`;
const tsquery = (words: readonly string[]) => `${words.map((word) => `'${word}'`).join(" & ")}:*`;
