// Analytics as a module.
import type { Transport } from "@connectrpc/connect";
import { AnalyticsService } from "#gen/deskwire/analytics/v1/analytics_service_pb.js";
import { pruneHourly } from "../../runtime/calls/idempotency.ts";
import { bindService } from "../../runtime/calls/service.ts";
import { type DatabaseLocation, openDatabase } from "../../runtime/database/database.ts";
import { patiently } from "../../runtime/database/patiently.ts";
import { type Log, logToStderr } from "../../runtime/log.ts";
import type { ServiceModule } from "../../runtime/module.ts";
import type { Policy } from "../../runtime/policy/policy.ts";
import { readPolicy } from "../../runtime/policy/read-policy.ts";
import { correctionMethods } from "./corrections/corrections.ts";
import { Teaching } from "./corrections/teaching.ts";
import type { LearningEngine } from "./engine/engine.ts";
import { localEngine } from "./engine/local-engine.ts";
import { erasureMethods } from "./erasure.ts";
import { pruneAnswers } from "./llm/answer-store.ts";
import { llmReader } from "./llm/llm-reader.ts";
import { connectModel, type ModelOptions } from "./llm/model.ts";
import { openMetrics } from "./metrics/index.ts";
import { migrations } from "./migrations.ts";
import { cachedEngine } from "./reading/cached-engine.ts";
import { localReader } from "./reading/local-reader.ts";
import { ReadingCache } from "./reading/reading-cache.ts";
import { readingMethods } from "./service.ts";

/** What analytics stands on. */
export interface AnalyticsOptions {
  readonly database: DatabaseLocation;
  readonly engine?: LearningEngine;
  /** A language model that reads in place of the engine, which stays for what the model does not answer. */
  readonly model?: ModelOptions | undefined;
  /** Reaches the ticket service, whose log metrics are made from; without it there are none. */
  readonly tickets?: Transport;
  /** The desk's own rules; the built-in ones if left out. */
  readonly policy?: Policy;
  readonly now?: () => number;
  readonly log?: Log;
}

/** Opens analytics; the corrections made so far are learned before the first call. */
export async function analyticsModule({
  database: location,
  engine = localEngine,
  model,
  tickets,
  policy = readPolicy(),
  now = Date.now,
  log = logToStderr,
}: AnalyticsOptions): Promise<ServiceModule> {
  const database = await openDatabase({ name: "analytics", location, migrations, log });
  const teaching = new Teaching(database, engine, log);
  await patiently(() => teaching.refresh()).catch(async (error) => {
    await database.close();
    throw error;
  });
  const stops = [pruneHourly(database, log), pruneHourly(database, log, pruneAnswers)];
  const cache = new ReadingCache();
  const local = localReader(cache);
  const llm = model && llmReader({ model: await connectModel(model), local, cache, database, now, log });
  const methods = {
    ...readingMethods(llm ?? local, teaching),
    ...correctionMethods(database, teaching, now),
    ...erasureMethods({ database, teaching, cache, llm, now }),
  };
  const reading = () => cachedEngine(teaching.current.engine, cache);
  const metrics = openMetrics({ database, tickets, policy, engine: reading, now, log });
  return {
    services: [bindService(AnalyticsService, methods, log), metrics.service],
    metrics: [...database.metrics, ...metrics.metrics],
    start() {
      teaching.follow();
      metrics.start();
    },
    ready: () => database.ping(),
    drain: () => metrics.drain(),
    async close() {
      for (const stop of stops) stop();
      await llm?.close();
      await metrics.close();
      await teaching.close();
      await database.close();
    },
  };
}
