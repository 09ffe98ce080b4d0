// What a searched text means, the same in both dialects.
import type { Knex } from "knex";
import type { Dialect } from "./migrations.ts";
import type { SearchTable } from "./search.ts";

const MARKS = /[\u0300-\u036f]/g;
const WORD = /[\p{L}\p{Nd}](?:[\p{L}\p{Nd}]|[\u0300-\u036f])*/gu;
/** For FTS5 fewer marks are part of a word, and a few letters, which Unicode 6.1 did not take for any, are none. */
const FTS5_WORD =
  /(?:(?![\u19b0-\u19c0\u19c8\u19c9\u1cf2\u1cf3])[\p{L}\p{Nd}])(?:(?![\u19b0-\u19c0\u19c8\u19c9\u1cf2\u1cf3])[\p{L}\p{Nd}]|[\u0300-\u0304\u0306-\u030c\u030f\u0311\u031b\u0323-\u0328\u032d\u032e\u0330\u0331])*/gu;

/** Letters without their accents. */
export const withoutMarks = (text: string): string => text.normalize("NFD").replace(MARKS, "");

/** Words as the index of that dialect has them; FTS5 folds case and accents by itself, to its own rules. */
export function wordsOf(text: string, dialect: Dialect): string[] {
  if (dialect === "sqlite") return text.normalize("NFC").match(FTS5_WORD) ?? [];
  const folded = withoutMarks(text).normalize("NFC").toLowerCase().replaceAll("ς", "σ");
  return folded.match(WORD) ?? [];
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

/** All of these words, the last one as a prefix, as FTS5 is asked for them. */
export const fts5 = (words: readonly string[]): string => `${words.map((word) => `"${word}"`).join(" ")}*`;
const tsquery = (words: readonly string[]) => `${words.map((word) => `'${word}'`).join(" & ")}:*`;
