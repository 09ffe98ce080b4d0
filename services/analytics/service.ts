// The analytics service: asks the engine, text by text, and keeps nothing.
import { setImmediate } from "node:timers/promises";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { AnalyticsService } from "#gen/deskwire/analytics/v1/analytics_service_pb.js";
import type { Engine, Reading } from "./engine/engine.ts";

/** How long a batch may keep the process to itself, in milliseconds, before other calls get their turn. */
const TURN_MS = 10;

async function analyzeAll(engine: Engine, texts: readonly string[], { signal }: HandlerContext): Promise<Reading[]> {
  const readings: Reading[] = [];
  let turn = performance.now();
  for (const text of texts) {
    if (performance.now() - turn > TURN_MS) {
      await setImmediate();
      signal.throwIfAborted();
      turn = performance.now();
    }
    readings.push(engine.analyze(text));
  }
  return readings;
}

/** The methods of AnalyticsService over an engine. A batch that was cancelled or ran out of time stops between texts. */
export function analyticsService(engine: Engine): ServiceImpl<typeof AnalyticsService> {
  return {
    analyzeSentiment: ({ text }) => ({ sentiment: engine.analyze(text).sentiment }),
    async batchAnalyzeSentiment({ texts }, context) {
      const readings = await analyzeAll(engine, texts, context);
      return { sentiments: readings.map(({ sentiment }) => sentiment) };
    },
    categorize: ({ text }) => ({ categorization: engine.analyze(text).categorization }),
    async batchCategorize({ texts }, context) {
      const readings = await analyzeAll(engine, texts, context);
      return { categorizations: readings.map(({ categorization }) => categorization) };
    },
    analyze: ({ text }) => ({ analysis: { ...engine.analyze(text), engine: engine.name } }),
    async batchAnalyze({ texts }, context) {
      const readings = await analyzeAll(engine, texts, context);
      return { analyses: readings.map((reading) => ({ ...reading, engine: engine.name })) };
    },
  };
}
