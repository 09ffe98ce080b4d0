// What can be measured of the log and its readers here.
import type { Database } from "../../runtime/database/database.ts";
import { gauge, type Metric } from "../../runtime/telemetry/metrics.ts";
import { endOfLog } from "./event-store.ts";
import { webhookMetrics } from "./webhooks/metrics.ts";

/** The end of the log and, with each reader's position, how far that is behind; what waits to be read; and the webhooks' queue. */
export function ticketMetrics(database: Database): Metric[] {
  return [
    gauge(
      "deskwire_event_log_position",
      "Position of the newest event in the log. A reader that takes every event is behind by the difference.",
      () => endOfLog(database.knex),
    ),
    gauge(
      "deskwire_unread_tickets",
      "Tickets whose words analytics has not read yet, as after an import: until then the queue takes them for neutral.",
      async () => Number((await database.knex("unread_ticket").count({ count: "*" }).first())?.count ?? 0),
    ),
    ...webhookMetrics(database),
  ];
}
