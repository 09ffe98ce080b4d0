// All that a desk has stored, as bytes: every file of its folder, or every value of its PostgreSQL database.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import type { Config } from "../../runtime/config.ts";

async function* files(folder: string): AsyncGenerator<string> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) yield await readFile(join(entry.parentPath, entry.name), "latin1");
  }
}

const COLUMNS = `SELECT table_schema AS schema, table_name AS name, column_name AS column, data_type AS type
  FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema')`;

async function* values(url: string): AsyncGenerator<string> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows: columns } = await client.query(COLUMNS);
    for (const { schema, name, column, type } of columns) {
      const quoted = pg.escapeIdentifier(column);
      const text = type === "bytea" ? `encode(${quoted}, 'escape')` : `${quoted}::text`;
      const from = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
      const { rows } = await client.query(`SELECT string_agg(${text}, ' ') AS all FROM ${from}`);
      yield `${schema}.${name}.${column}: ${rows[0]?.all ?? ""}`;
    }
  } finally {
    await client.end();
  }
}

/** Which of these words are stored anywhere; upper and lower case are the same. */
export async function stored(config: Config, words: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for await (const text of config.DATABASE_URL ? values(config.DATABASE_URL) : files(config.DATA_DIR)) {
    const lower = text.toLowerCase();
    for (const word of words) if (lower.includes(word.toLowerCase())) found.add(word);
  }
  return [...found];
}
