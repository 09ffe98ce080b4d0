// AnalyticsService.
import { expect } from "vitest";
import { Category, Sentiment, Urgency } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import { type Case, refuses } from "../case.ts";

const angry = "I was charged twice on my invoice. This is terrible, I want a correct invoice now!";
const happy = "Thank you so much, the new app is wonderful!";

export const analyticsCases: readonly Case[] = [
  {
    name: "Analyze tells mood and subject, as the two methods for one of them do",
    async run({ analytics }) {
      const { analysis } = await analytics.analyze({ text: angry });
      expect(analysis).toMatchObject({
        ...{ sentiment: { sentiment: Sentiment.NEGATIVE }, categorization: { primaryCategory: Category.BILLING } },
        ...{ urgency: { urgency: expect.any(Number) }, language: "en", corrected: false },
        engine: expect.stringMatching(/./),
      });
      expect((await analytics.analyzeSentiment({ text: angry })).sentiment).toEqual(analysis?.sentiment);
      expect((await analytics.categorize({ text: angry })).categorization).toEqual(analysis?.categorization);
      expect(analysis?.sentiment?.score).toBeLessThan(0);
      expect((await analytics.analyzeSentiment({ text: happy })).sentiment?.sentiment).toBe(Sentiment.POSITIVE);
    },
  },
  {
    name: "batches answer text by text, in order, and nothing else",
    async run({ analytics }) {
      const texts = [happy, "", angry, happy];
      const { analyses } = await analytics.batchAnalyze({ texts });
      for (const [index, text] of texts.entries()) {
        expect(analyses[index]).toEqual((await analytics.analyze({ text })).analysis);
      }
      const { sentiments } = await analytics.batchAnalyzeSentiment({ texts });
      expect(sentiments).toEqual(analyses.map(({ sentiment }) => sentiment));
      const { categorizations } = await analytics.batchCategorize({ texts });
      expect(categorizations).toEqual(analyses.map(({ categorization }) => categorization));
    },
  },
  {
    name: "an empty text is neutral and general, with confidence 0",
    async run({ analytics }) {
      const { analysis } = await analytics.analyze({});
      expect(analysis?.sentiment).toMatchObject({ sentiment: Sentiment.NEUTRAL, confidence: 0, score: 0 });
      expect(analysis?.categorization).toMatchObject({ primaryCategory: Category.GENERAL, confidence: 0 });
      expect(analysis).toMatchObject({ urgency: { urgency: Urgency.MEDIUM, confidence: 0 }, language: "und" });
    },
  },
  refuses(
    "an empty batch",
    async ({ analytics }) => [
      analytics.batchAnalyze({}),
      analytics.batchAnalyzeSentiment({}),
      analytics.batchCategorize({}),
    ],
    { code: "InvalidArgument", reason: "VALIDATION_FAILED", fields: ["texts"] },
  ),
  refuses(
    "a text that is too long",
    async ({ analytics }) => [
      analytics.analyze({ text: "x".repeat(100_001) }),
      analytics.analyzeSentiment({ text: "x".repeat(100_001) }),
      analytics.categorize({ text: "x".repeat(100_001) }),
    ],
    { code: "InvalidArgument", reason: "VALIDATION_FAILED", fields: ["text"] },
  ),
];
