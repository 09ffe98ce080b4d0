// What full-text search stands on in both dialects: FTS5 on SQLite, a generated tsvector on PostgreSQL.
import type { Knex } from "knex";
import type { Dialect } from "./migrations.ts";
import { writeRows } from "./rows.ts";

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

const FILLING_BYTES = 32 * 2 ** 20;
/** FTS5's own. */
const USUAL_BYTES = 2 ** 20;

/** Beginnings of so many letters that the index has as if they were words. */
export const INDEXED_BEGINNINGS = [1, 2, 3, 4] as const;

/** A searched table, and what of it is searched. */
export interface SearchColumns extends SearchTable {
  readonly columns: readonly string[];
}

/**
 * Makes the columns of a table searchable, within a migration; rows that are there already are indexed.
 *
 * Adds a table `<table>_search` with triggers on SQLite, and a view `<table>_search_words` of its words; a generated column
 * `search` on PostgreSQL: none is ever written by hand, but for `indexedTogether`. Null columns count as empty.
 */
export async function createSearch(
  trx: Knex.Transaction,
  dialect: Dialect,
  { table, columns }: SearchColumns,
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

/**
 * Makes an index of an earlier version anew as `createSearch` makes it now, within a migration. That one kept the place of each
 * word, which nobody asks for and which was two thirds of it, and fewer beginnings.
 */
export async function remakeSearch(
  trx: Knex.Transaction,
  dialect: Dialect,
  { table, columns }: SearchColumns,
): Promise<void> {
  if (dialect === "postgres") return;
  const index = `${table}_search`;
  if (
    await trx("sqlite_master")
      .where({ name: `${index}_words` })
      .first("name")
  )
    return;
  await trx.raw("DROP TABLE ??", [index]);
  await fillFts5(trx, table, columns);
  await dropWordsForGood(trx, dialect, { table });
}

/** Within a migration: lets rows of a table be indexed together (`indexedTogether`). */
export async function letIndexWait(trx: Knex.Transaction, dialect: Dialect, { table }: SearchTable): Promise<void> {
  // Has a row within a transaction that indexes by itself what it adds, and at no other time; a backup is for both dialects.
  await trx.schema.createTable(`${table}_search_held`, (held) => held.integer("held").notNullable());
  if (dialect === "postgres") return;
  const trigger = `${table}_search_insert`;
  const { sql } = await trx("sqlite_master").where({ name: trigger }).first("sql");
  await trx.raw("DROP TRIGGER ??", [trigger]);
  await trx.raw(sql.replace("BEGIN", `WHEN NOT EXISTS (SELECT 1 FROM ${table}_search_held) BEGIN`));
}

/** Indexes the rows with the numbers from the first to the last. */
export type IndexRows = (first: number, last: number) => Promise<void>;

/**
 * Does `work`, which adds very many rows within a transaction, and indexes all of them by what it is given before it ends. By itself
 * each row is indexed at once; but with each statement of many rows FTS5 writes down what it holds, and merges that with what it
 * wrote before. PostgreSQL needs nothing.
 */
export async function indexedTogether<T>(
  trx: Knex.Transaction,
  { table, columns }: SearchColumns,
  work: (index: IndexRows) => Promise<T>,
): Promise<T> {
  if (trx.client.dialect === "postgresql") return work(async () => {});
  const [index, held, names] = [`${table}_search`, `${table}_search_held`, columns.join(", ")];
  const insert = `insert into ${index} (rowid, ${names}) select id, ${names} from ${table} where id between ? and ?`;
  await writeRows(trx, `insert into ${held} (held) values (?)`, [1]);
  const result = await work(async (...ids) => void (await writeRows(trx, insert, ids)));
  await writeRows(trx, `delete from ${held}`, []);
  return result;
}

async function createFts5(trx: Knex.Transaction, table: string, columns: readonly string[]): Promise<void> {
  const [key] = await trx.raw("SELECT type, pk FROM pragma_table_info(?) WHERE name = 'id'", [table]);
  if (key?.type?.toUpperCase() !== "INTEGER" || key.pk !== 1) {
    // Any other key leaves the rowid to SQLite, which renumbers it on VACUUM.
    throw new Error(`Search on ${table} needs a column "id" that is its INTEGER PRIMARY KEY.`);
  }
  const index = `${table}_search`;
  const names = columns.map(() => "??").join(", ");
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
  await fillFts5(trx, table, columns);
  await trx.raw(`CREATE TRIGGER ?? AFTER INSERT ON ?? BEGIN ${insert}; END`, [`${index}_insert`, table]);
  await trx.raw(`CREATE TRIGGER ?? AFTER DELETE ON ?? BEGIN ${remove}; END`, [`${index}_delete`, table]);
  await trx.raw(`CREATE TRIGGER ?? AFTER UPDATE OF id, ${names} ON ?? BEGIN ${remove}; ${insert}; END`, [
    `${index}_update`,
    ...columns,
    table,
  ]);
}

async function fillFts5(trx: Knex.Transaction, table: string, columns: readonly string[]): Promise<void> {
  const index = `${table}_search`;
  const names = columns.map(() => "??").join(", ");
  // detail=none: which rows have a word, and nothing of where in them. It forbids phrases, see `wordsOf`.
  const options = `content=??, content_rowid='id', detail=none, prefix='${INDEXED_BEGINNINGS.join(" ")}'`;
  await trx.raw(`CREATE VIRTUAL TABLE ?? USING fts5(${names}, ${options}, tokenize="${TOKENIZER}")`, [
    index,
    ...columns,
    table,
  ]);
  await trx.raw("CREATE VIRTUAL TABLE ?? USING fts5vocab(??, 'instance')", [`${index}_words`, index]);
  // What FTS5 keeps in memory before it writes it down: more of it means fewer merges, 0.6 of the time.
  const keep = (bytes: number) => trx.raw(`INSERT INTO ?? (??, rank) VALUES ('hashsize', ${bytes})`, [index, index]);
  await keep(FILLING_BYTES);
  await trx.raw("INSERT INTO ?? (??) VALUES ('rebuild')", [index, index]);
  await keep(USUAL_BYTES);
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
