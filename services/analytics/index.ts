// Analytics as a module.
import { AnalyticsService } from "#gen/deskwire/analytics/v1/analytics_service_pb.js";
import { type DatabaseLocation, openDatabase } from "../../runtime/database/database.ts";
import { pruneHourly } from "../../runtime/idempotency.ts";
import { type Log, logToStderr } from "../../runtime/log.ts";
import type { ServiceModule } from "../../runtime/module.ts";
import { bindService } from "../../runtime/service.ts";
import { correctionMethods } from "./corrections/corrections.ts";
import { Teaching } from "./corrections/teaching.ts";
import type { LearningEngine } from "./engine/engine.ts";
import { lexiconEngine } from "./engine/lexicon-engine.ts";
import { migrations } from "./migrations.ts";
import { localReader } from "./reading/local-reader.ts";
import { readingMethods } from "./service.ts";

/** What analytics stands on. */
export interface AnalyticsOptions {
  readonly database: DatabaseLocation;
  readonly engine?: LearningEngine;
  readonly now?: () => number;
  readonly log?: Log;
}

/** Opens analytics; the corrections made so far are learned before the first call. */
export async function analyticsModule({
  database: location,
  engine = lexiconEngine,
  now = Date.now,
  log = logToStderr,
}: AnalyticsOptions): Promise<ServiceModule> {
  const database = await openDatabase({ name: "analytics", location, migrations, log });
  const teaching = new Teaching(database, engine, log);
  const stopPruning = pruneHourly(database, log);
  await teaching.refresh();
  const methods = {
    ...readingMethods(localReader(), teaching),
    ...correctionMethods(database, teaching, now),
  };
  return {
    services: [bindService(AnalyticsService, methods, log)],
    start: () => teaching.follow(),
    ready: () => database.ping(),
    async close() {
      stopPruning();
      await teaching.close();
      await database.close();
    },
  };
}
