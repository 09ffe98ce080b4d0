import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { afterAll, expect, test } from "vitest";
import { Category, Sentiment, Urgency } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import { AnalyticsService } from "#gen/deskwire/analytics/v1/analytics_service_pb.js";
import { directTransport } from "../../runtime/calls/direct-transport.ts";
import type { ServiceModule } from "../../runtime/module.ts";
import type { LearningEngine } from "./engine/engine.ts";
import { localEngine } from "./engine/local-engine.ts";
import { analyticsModule } from "./index.ts";

const modules: ServiceModule[] = [];
async function clientOf(engine: LearningEngine = localEngine) {
  const module = await analyticsModule({ database: { kind: "sqlite", file: ":memory:" }, engine, log: () => {} });
  modules.push(module);
  return createClient(AnalyticsService, directTransport(module.services));
}
const analytics = await clientOf();
afterAll(async () => {
  for (const module of modules) await module.close();
});

const ANGRY = "This is the worst service I have ever had. Rude staff, and nobody answers!";
const HAPPY = "Thank you so much, the new dashboard is wonderful.";
const PLAIN = "The parcel is addressed to our second office.";

test("one text gets mood, subject and the name of the engine", async () => {
  const { analysis } = await analytics.analyze({ text: "I was charged twice and I am really unhappy about it." });
  expect(analysis?.sentiment?.sentiment).toBe(Sentiment.NEGATIVE);
  expect(analysis?.sentiment?.score).toBeLessThan(0);
  expect(analysis?.categorization?.primaryCategory).toBe(Category.BILLING);
  expect(analysis?.urgency?.urgency).toBe(Urgency.MEDIUM);
  expect(analysis?.language).toBe("en");
  expect(analysis?.engine).toBe(localEngine.name);
});

test("the three questions about one text agree", async () => {
  const [{ analysis }, { sentiment }, { categorization }] = await Promise.all([
    analytics.analyze({ text: ANGRY }),
    analytics.analyzeSentiment({ text: ANGRY }),
    analytics.categorize({ text: ANGRY }),
  ]);
  expect(analysis?.sentiment).toEqual(sentiment);
  expect(analysis?.categorization).toEqual(categorization);
});

test("a batch answers text by text, in the order of the texts", async () => {
  const texts = [HAPPY, ANGRY, "", PLAIN, HAPPY];
  const [{ analyses }, { sentiments }, { categorizations }] = await Promise.all([
    analytics.batchAnalyze({ texts }),
    analytics.batchAnalyzeSentiment({ texts }),
    analytics.batchCategorize({ texts }),
  ]);
  expect(sentiments.map(({ sentiment }) => sentiment)).toEqual([
    Sentiment.POSITIVE,
    Sentiment.NEGATIVE,
    Sentiment.NEUTRAL,
    Sentiment.NEUTRAL,
    Sentiment.POSITIVE,
  ]);
  expect(categorizations[1]?.primaryCategory).toBe(Category.COMPLAINT);
  expect(analyses.map(({ sentiment }) => sentiment)).toEqual(sentiments);
  expect(analyses.map(({ categorization }) => categorization)).toEqual(categorizations);
});

test("an empty text is neutral and general, with confidence 0", async () => {
  const { analysis } = await analytics.analyze({ text: "" });
  expect(analysis?.sentiment).toMatchObject({ sentiment: Sentiment.NEUTRAL, score: 0, confidence: 0, evidence: [] });
  expect(analysis?.categorization).toMatchObject({ primaryCategory: Category.GENERAL, confidence: 0, ranked: [] });
  expect(analysis?.urgency).toMatchObject({ urgency: Urgency.MEDIUM, confidence: 0, evidence: [] });
  expect(analysis?.language).toBe("und");
});

test("a text or a batch beyond the limits of the contract is refused", async () => {
  const refusals = await Promise.all(
    [
      analytics.analyze({ text: "a".repeat(100_001) }),
      analytics.batchAnalyze({ texts: [] }),
      analytics.batchCategorize({ texts: Array(1001).fill("hello") }),
    ].map((call) => call.then(() => undefined, ConnectError.from)),
  );
  expect(refusals.map((error) => error?.code)).toEqual(Array(3).fill(Code.InvalidArgument));
});

test("a long batch lets other calls through, and stops when it is cancelled", async () => {
  let read = 0;
  const cancel = new AbortController();
  const slow: LearningEngine = {
    name: "slow/1",
    learn: () => slow,
    analyze(text) {
      read++;
      const until = performance.now() + 5;
      while (performance.now() < until);
      return localEngine.analyze(text);
    },
  };
  const batch = (await clientOf(slow)).batchAnalyze(
    { texts: Array.from({ length: 1000 }, (_, index) => `${PLAIN} ${index}`) },
    { signal: cancel.signal },
  );
  const refused = expect(batch).rejects.toMatchObject({ code: Code.Canceled });
  await analytics.analyze({ text: PLAIN });
  setImmediate(() => cancel.abort());
  await refused;
  const readByThen = read;
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  expect(readByThen).toBeLessThan(100);
  expect(read).toBe(readByThen);
});
