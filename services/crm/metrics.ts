// What can be measured of the reader of the ticket service's log.
import type { Database } from "../../runtime/database/database.ts";
import { type Metric, readerPosition } from "../../runtime/telemetry/metrics.ts";
import { readCursor } from "./note-store.ts";
import type { ReaderStats } from "./ticket-notes.ts";

const READER = "customer-notes";

/** How far notes have been kept, and how often that failed. It takes one type of event alone, so it trails the end of the log. */
export function readerMetrics({ knex }: Database, stats: ReaderStats): Metric[] {
  return [
    readerPosition(READER, async () => Number(await readCursor(knex))),
    {
      ...{ name: "deskwire_event_log_reader_failures_total", type: "counter" },
      help: "How often a reader could not read the log, or not keep what it read; it tries again.",
      collect: () => [{ value: stats.failures, labels: { reader: READER } }],
    },
  ];
}
