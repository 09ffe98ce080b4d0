// Queries as spans, in both dialects alike: knex tells of every query as it begins and ends, transactions' own included.
import type { Span } from "@opentelemetry/api";
import type { Knex } from "knex";
import { beginSpan, failSpan, isTracing, type SpanStart } from "../telemetry/tracing.ts";
import type { Dialect } from "./migrations.ts";

/** Which database a query goes to. */
interface Target {
  /** The service whose database it is. */
  readonly name: string;
  readonly dialect: Dialect;
}

/** What knex tells of a query. */
interface QueryEvent {
  readonly sql: string;
  readonly __knexQueryUid: string;
}

const SYSTEM: Readonly<Record<Dialect, string>> = { sqlite: "sqlite", postgres: "postgresql" };
const MOST_SUMMARIES = 1_000;
const summaries = new Map<string, { readonly operation: string; readonly table: string | undefined }>();

/** What a query does, in two words of few values: `insert` and `ticket`. */
function summaryOf(sql: string) {
  const known = summaries.get(sql);
  if (known) return known;
  const [operation = "query"] = /\w+/.exec(sql) ?? [];
  const [, table] = /\b(?:from|into|update|join)\s+["`]?(\w+)/i.exec(sql) ?? [];
  const summary = { operation: operation.toUpperCase(), table };
  if (summaries.size < MOST_SUMMARIES) summaries.set(sql, summary);
  return summary;
}

/** OpenTelemetry, database client spans. The text has placeholders where values are: they stay out. */
function querySpan(sql: string, { name, dialect }: Target): SpanStart {
  const { operation, table } = summaryOf(sql);
  const summary = table === undefined ? operation : `${operation} ${table}`;
  return {
    name: summary,
    kind: "CLIENT",
    attributes: {
      ...{ "db.system.name": SYSTEM[dialect], "db.namespace": name, "db.operation.name": operation },
      ...{ "db.query.summary": summary, "db.query.text": sql },
      ...(table !== undefined && { "db.collection.name": table }),
    },
  };
}

/** The span of a transaction: it has the time that the transaction waited for its turn, and its commit. */
export function transactionSpan(name: string, dialect: Dialect): SpanStart {
  return {
    name: `transaction ${name}`,
    kind: "INTERNAL",
    attributes: { "db.system.name": SYSTEM[dialect], "db.namespace": name },
  };
}

/** Makes a span of each query that a traced call makes; what runs in the background, such as looking for news, makes none. */
export function traceQueries(knex: Knex, target: Target): void {
  if (!isTracing()) return;
  const underWay = new Map<string, Span>();
  const end = ({ __knexQueryUid: id }: QueryEvent, error?: unknown) => {
    const span = underWay.get(id);
    if (!span) return;
    underWay.delete(id);
    if (error !== undefined) failSpan(span, error);
    span.end();
  };
  knex.on("query", (query: QueryEvent) => {
    const span = beginSpan(() => querySpan(query.sql, target));
    if (span) underWay.set(query.__knexQueryUid, span);
  });
  knex.on("query-response", (_response: unknown, query: QueryEvent) => end(query));
  knex.on("query-error", (error: unknown, query: QueryEvent) => end(query, error));
}
