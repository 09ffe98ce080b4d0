// Analytics as a module.
import { AnalyticsService } from "#gen/deskwire/analytics/v1/analytics_service_pb.js";
import { type Log, logToStderr } from "../../runtime/log.ts";
import type { ServiceModule } from "../../runtime/module.ts";
import { bindService } from "../../runtime/service.ts";
import type { Engine } from "./engine/engine.ts";
import { lexiconEngine } from "./engine/lexicon-engine.ts";
import { analyticsService } from "./service.ts";

/** What analytics stands on. */
export interface AnalyticsOptions {
  readonly engine?: Engine;
  readonly log?: Log;
}

/** Opens analytics. It keeps nothing, so it is always ready and has nothing to close. */
export function analyticsModule({ engine = lexiconEngine, log = logToStderr }: AnalyticsOptions = {}): ServiceModule {
  return {
    services: [bindService(AnalyticsService, analyticsService(engine), log)],
    ready: async () => {},
    close: async () => {},
  };
}
