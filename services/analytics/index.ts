// Analytics as a module.
import { AnalyticsService } from "#gen/deskwire/analytics/v1/analytics_service_pb.js";
import { type DatabaseLocation, openDatabase } from "../../runtime/database/database.ts";
import { pruneHourly } from "../../runtime/idempotency.ts";
import { type Log, logToStderr } from "../../runtime/log.ts";
import type { ServiceModule } from "../../runtime/module.ts";
import { bindService } from "../../runtime/service.ts";
import type { Engine } from "./engine/engine.ts";
import { localEngine } from "./engine/local-engine.ts";
import { migrations } from "./migrations.ts";
import { analyticsService } from "./service.ts";

/** What analytics stands on. */
export interface AnalyticsOptions {
  readonly database: DatabaseLocation;
  readonly engine?: Engine;
  readonly log?: Log;
}

/** Opens analytics. */
export async function analyticsModule({
  database: location,
  engine = localEngine,
  log = logToStderr,
}: AnalyticsOptions): Promise<ServiceModule> {
  const database = await openDatabase({ name: "analytics", location, migrations, log });
  const stopPruning = pruneHourly(database, log);
  return {
    services: [bindService(AnalyticsService, analyticsService(engine), log)],
    ready: () => database.ping(),
    async close() {
      stopPruning();
      await database.close();
    },
  };
}
