// Several schemas of a PostgreSQL database at one moment.
import pg from "pg";
import { postgresTypes } from "./postgres-types.ts";
import type { DatabaseSnapshot, Snapshot, TableSnapshot, Value } from "./snapshot.ts";

const PAGE = 1_000;

const TABLES = `SELECT tablename AS name FROM pg_tables WHERE schemaname = $1 AND tablename <> 'migration' ORDER BY 1`;
const COLUMNS = `SELECT attname AS name FROM pg_attribute
  WHERE attrelid = format('%I.%I', $1::text, $2::text)::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
  ORDER BY attnum`;

async function names(client: pg.Client, sql: string, values: string[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(sql, values);
  return rows.map(({ name }) => name);
}

async function table(client: pg.Client, schema: string, name: string): Promise<TableSnapshot> {
  const columns = await names(client, COLUMNS, [schema, name]);
  const quote = (identifier: string) => pg.escapeIdentifier(identifier);
  return {
    name,
    columns,
    async *rows() {
      const select = `SELECT ${columns.map(quote).join(", ")} FROM ${quote(schema)}.${quote(name)} ORDER BY 1`;
      await client.query(`DECLARE page NO SCROLL CURSOR FOR ${select}`);
      while (true) {
        const { rows } = await client.query<Value[]>({ text: `FETCH ${PAGE} FROM page`, rowMode: "array" });
        yield* rows;
        if (rows.length < PAGE) break;
      }
      await client.query("CLOSE page");
    },
  };
}

async function read(client: pg.Client, schema: string): Promise<DatabaseSnapshot> {
  const tables: TableSnapshot[] = [];
  for (const name of await names(client, TABLES, [schema])) tables.push(await table(client, schema, name));
  // Those of one start have the same time; they were inserted in their order.
  const order = `SELECT name FROM ${pg.escapeIdentifier(schema)}.migration ORDER BY applied_at, ctid`;
  return { migrations: await names(client, order, []), tables };
}

/** Opens schemas at one moment, see `openSnapshot`. */
export async function openPostgresSnapshot(url: string, schemas: ReadonlyMap<string, string>): Promise<Snapshot> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "deskwire-backup",
    types: postgresTypes(),
  } as pg.ClientConfig);
  await client.connect();
  try {
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    await client.query("SET LOCAL statement_timeout = 0");
    await client.query("SET LOCAL idle_in_transaction_session_timeout = 0");
    const databases = new Map<string, DatabaseSnapshot>();
    for (const [name, schema] of schemas) {
      const { rows } = await client.query("SELECT to_regclass(format('%I.migration', $1::text)) AS found", [schema]);
      if (rows[0]?.found) databases.set(name, await read(client, schema));
    }
    return { databases, [Symbol.asyncDispose]: () => client.end() };
  } catch (error) {
    await client.end();
    throw error;
  }
}
