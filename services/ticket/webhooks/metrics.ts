// What can be measured of the deliveries.
import { WebhookDeliveryState } from "#gen/deskwire/ticket/v1/webhook_pb.js";
import type { Database } from "../../../runtime/database/database.ts";
import { type Metric, readerPosition, type Sample } from "../../../runtime/telemetry/metrics.ts";
import { endOfLog } from "../event-store.ts";
import { countDeliveries, queuesPosition } from "./delivery-store.ts";
import { isBehind } from "./fan-out.ts";

/** How many deliveries wait or were given up, and how far the log has been turned into deliveries. */
export function webhookMetrics({ knex }: Database): Metric[] {
  const { PENDING, DEAD } = WebhookDeliveryState;
  return [
    {
      ...{ name: "deskwire_webhook_deliveries", type: "gauge" },
      help: "Deliveries of events that are pending, or dead: given up after all attempts.",
      async collect(): Promise<Sample[]> {
        const [pending, dead] = await Promise.all([countDeliveries(knex, PENDING), countDeliveries(knex, DEAD)]);
        return [
          { value: pending, labels: { state: "pending" } },
          { value: dead, labels: { state: "dead" } },
        ];
      },
    },
    // Where no webhook is on, nobody reads, and nothing is behind.
    readerPosition("webhooks", async () => ((await isBehind(knex)) ? queuesPosition(knex) : endOfLog(knex))),
  ];
}
