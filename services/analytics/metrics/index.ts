// The metrics as a part of analytics: the service that answers, and the reader that counts.
import type { Transport } from "@connectrpc/connect";
import { MetricsService } from "#gen/deskwire/analytics/v1/metrics_service_pb.js";
import { Bell } from "../../../runtime/background/bell.ts";
import { type BoundService, bindService } from "../../../runtime/calls/service.ts";
import type { Database } from "../../../runtime/database/database.ts";
import type { Log } from "../../../runtime/log.ts";
import type { Policy } from "../../../runtime/policy/policy.ts";
import { type Metric, readerPosition } from "../../../runtime/telemetry/metrics.ts";
import type { Engine } from "../engine/engine.ts";
import { readCursor } from "./cursor.ts";
import { FactCache } from "./fact-cache.ts";
import { keepMetrics } from "./reader.ts";
import { metricsService } from "./service.ts";

/** How long a watcher waits before it looks for what other processes have counted, in milliseconds. */
const POLL_MS = 1_000;

/** What the metrics stand on. */
export interface MetricsOptions {
  readonly database: Database;
  /** Reaches the ticket service, whose log is counted; without it nothing is counted. */
  readonly tickets: Transport | undefined;
  readonly policy: Policy;
  /** The engine that reads customers' texts at this moment. */
  readonly engine: () => Engine;
  readonly now: () => number;
  readonly log: Log;
}

/** The metrics, and what they hold open. */
export interface MetricsPart {
  readonly service: BoundService;
  /** How far the log has been counted. */
  readonly metrics: readonly Metric[];
  /** Begins to read the log. */
  start(): void;
  /** Ends streams. */
  drain(): void;
  /** Ends reading. */
  close(): Promise<void>;
}

/** Opens the metrics. */
export function openMetrics({ tickets, ...options }: MetricsOptions): MetricsPart {
  const { database, log } = options;
  const closing = new AbortController();
  const bell = new Bell(POLL_MS);
  const cache = new FactCache(database);
  let reading: Promise<void> | undefined;
  return {
    service: bindService(MetricsService, metricsService({ ...options, cache, bell, closing: closing.signal }), log),
    metrics: tickets ? [readerPosition("metrics", async () => (await readCursor(database.knex)).position)] : [],
    start() {
      if (tickets) reading = keepMetrics({ ...options, tickets, bell }, closing.signal);
    },
    drain: () => closing.abort(),
    async close() {
      closing.abort();
      await reading;
    },
  };
}
