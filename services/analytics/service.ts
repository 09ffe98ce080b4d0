// The analytics service: asks a reader, and puts what people said of a text before what was read from it.
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { AnalyticsService } from "#gen/deskwire/analytics/v1/analytics_service_pb.js";
import { asSaid } from "./corrections/lessons.ts";
import type { Teaching } from "./corrections/teaching.ts";
import type { Reading } from "./engine/engine.ts";
import type { Reader } from "./reading/reader.ts";
import { textHash } from "./reading/text-hash.ts";

interface Analyzed extends Reading {
  readonly engine: string;
  readonly corrected: boolean;
}

type ReadingMethods = Omit<
  ServiceImpl<typeof AnalyticsService>,
  "correctAnalysis" | "listCorrections" | "undoCorrection" | "eraseCustomer"
>;

/** The methods of AnalyticsService that read. A batch that was cancelled or ran out of time stops between texts. */
export function readingMethods(reader: Reader, teaching: Pick<Teaching, "current">): ReadingMethods {
  async function analyzeAll(texts: readonly string[], context: HandlerContext): Promise<Analyzed[]> {
    const taught = teaching.current;
    const answers = await reader.read(texts, taught, context);
    const { byText } = taught.lessons;
    return answers.map(({ reading, engine }, index) => {
      // Hashing every text would be for nothing where nobody has corrected any.
      const said = byText.size > 0 ? byText.get(textHash(texts[index] as string)) : undefined;
      return { ...(said ? asSaid(reading, said) : reading), engine, corrected: said !== undefined };
    });
  }
  async function analyze(text: string, context: HandlerContext): Promise<Analyzed> {
    return (await analyzeAll([text], context))[0] as Analyzed;
  }
  return {
    async analyzeSentiment({ text }, context) {
      return { sentiment: (await analyze(text, context)).sentiment };
    },
    async batchAnalyzeSentiment({ texts }, context) {
      return { sentiments: (await analyzeAll(texts, context)).map(({ sentiment }) => sentiment) };
    },
    async categorize({ text }, context) {
      return { categorization: (await analyze(text, context)).categorization };
    },
    async batchCategorize({ texts }, context) {
      return { categorizations: (await analyzeAll(texts, context)).map(({ categorization }) => categorization) };
    },
    async analyze({ text }, context) {
      return { analysis: await analyze(text, context) };
    },
    async batchAnalyze({ texts }, context) {
      return { analyses: await analyzeAll(texts, context) };
    },
  };
}
