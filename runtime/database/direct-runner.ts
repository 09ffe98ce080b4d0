// Running a query on a database that answers at once: without the promises that knex needs for one that does not.
import Runner from "knex/lib/execution/runner.js";
import type { SqliteConnection } from "./sqlite-connection.ts";
import type { SqliteThread } from "./sqlite-thread.ts";

/** What knex's builders compile to, as far as this file reads or writes it. */
interface Compiled {
  readonly sql: string;
  readonly method: string;
  readonly bindings: readonly unknown[];
  readonly timeout?: number | false;
  readonly statementsProducer?: unknown;
  response?: unknown;
  context?: unknown;
}

interface Builder {
  readonly _connection?: unknown;
  readonly _events?: Readonly<Record<string, unknown>>;
  toSQL(): Compiled | readonly Compiled[];
}

/** What this file needs of a client, the one of a transaction included. */
export interface DirectClient {
  readonly direct?: DirectConnection | undefined;
  /** The connection of a transaction that has it in a thread. */
  readonly thread?: SqliteThread;
  emit(event: string, ...args: readonly unknown[]): boolean;
  processResponse(compiled: Compiled, runner: unknown): unknown;
}

/** A connection that can be used at this moment, without waiting for one. */
export interface DirectConnection {
  readonly connection: SqliteConnection;
  /** Whether only what reads may use it. */
  readonly readsOnly: boolean;
  /** Whether the transaction that it belongs to has ended. */
  isOver(): boolean;
}

const KnexRunner = Runner as new (
  client: DirectClient,
  builder: Builder,
) => { readonly client: DirectClient; readonly builder: Builder; run(): Promise<unknown> };

const READS = new Set(["select", "first", "pluck"]);

/** What can be run in one go. Everything rarer (schemas, time-outs, listeners of one query) is left to knex. */
function single(builder: Builder): Compiled | undefined {
  if (builder._connection || (builder._events && Object.keys(builder._events).length > 0)) return undefined;
  const compiled = builder.toSQL();
  if (Array.isArray(compiled)) return undefined;
  const one = compiled as Compiled;
  return one.sql && !one.timeout && !one.statementsProducer ? one : undefined;
}

/**
 * Runs a builder's query at once where its client has a connection at hand: a transaction its own, a read outside of one
 * the reader's. Events (`query`, `query-response`, `query-error`) and errors are those of knex.
 */
export class DirectRunner extends KnexRunner {
  override async run(): Promise<unknown> {
    const { direct } = this.client;
    if (!direct || direct.isOver()) return super.run();
    const compiled = single(this.builder);
    if (!compiled || (direct.readsOnly && !READS.has(compiled.method))) return super.run();
    return this.#execute(direct.connection, compiled);
  }

  #execute(connection: SqliteConnection, compiled: Compiled): unknown {
    const { client, builder } = this;
    client.emit("query", compiled);
    try {
      const result = connection.run(compiled.sql, compiled.bindings);
      compiled.response = result;
      if (!Array.isArray(result)) compiled.context = result;
    } catch (error) {
      if (error instanceof Error) error.message = `${compiled.sql} - ${error.message}`;
      client.emit("query-error", error, compiled);
      throw error;
    }
    const response = client.processResponse(compiled, this);
    client.emit("query-response", response, compiled, builder);
    return response;
  }
}
