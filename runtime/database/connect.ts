// Connections to a database by knex, set up alike for all that open one.
import { dirname } from "node:path";
import createKnex, { type Knex } from "knex";
import type { Log } from "../log.ts";
import { makeDirectory } from "./directory.ts";
import { NodeSqliteClient } from "./node-sqlite-client.ts";

/** Where a database is: a file (or `:memory:`), or a schema of a PostgreSQL server. */
export type DatabaseLocation =
  | { readonly kind: "sqlite"; readonly file: string }
  | {
      readonly kind: "postgres";
      readonly url: string;
      readonly schema: string;
      /** The most connections held at once; 10 if left out. */
      readonly maxConnections?: number;
    };

/** Longest statement, and longest pause within a transaction: a process that hangs keeps its locks no longer. */
const STATEMENT_TIMEOUT_MS = 15_000;
/** Longest wait for a connection, which ends before callers, who wait for half a minute, give up. */
const ACQUIRE_TIMEOUT_MS = 10_000;

/** Opens the connections to a database, without a look at its schema; those of a file by `SqliteClient`. */
export async function connect(
  name: string,
  location: DatabaseLocation,
  log: Log,
  SqliteClient: typeof Knex.Client = NodeSqliteClient,
): Promise<Knex> {
  // Its text quotes what the server says, and that may quote values.
  const write = (text: unknown) => {
    if (String(text).startsWith("Connection Error")) log("a database connection broke", { database: name }, "warn");
    else log("knex warns", { database: name }, "warn");
  };
  const shared = {
    acquireConnectionTimeout: ACQUIRE_TIMEOUT_MS,
    // Values belong to customers and stay out of error messages.
    compileSqlOnError: false,
    // By itself knex writes to stdout, which may carry a protocol.
    log: { warn: write, error: write, debug: write, deprecate: write },
  };
  if (location.kind === "sqlite") {
    if (location.file !== ":memory:") await makeDirectory(dirname(location.file));
    const connection = { filename: location.file };
    // false: an undefined value in an insert is an error, never a NULL.
    return createKnex({ ...shared, client: SqliteClient, connection, useNullAsDefault: false });
  }
  const { postgresTypes } = await import("./postgres-types.ts");
  return createKnex({
    ...shared,
    client: "pg",
    searchPath: [location.schema],
    pool: { min: 0, max: location.maxConnections ?? 10 },
    connection: {
      connectionString: location.url,
      application_name: `deskwire-${name}`,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
      connectionTimeoutMillis: ACQUIRE_TIMEOUT_MS,
      types: postgresTypes(),
    } as Knex.PgConnectionConfig,
  });
}
