import fc from "fast-check";
import { expect, test } from "vitest";
import { Category, Sentiment, Urgency } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import { localEngine } from "./local-engine.ts";

const LONGEST = 100_000;
/** A linear engine needs a tenth of this, in milliseconds; one that backtracks, minutes. */
const PATIENCE_MS = 5000;

const fill = (unit: string) => unit.repeat(Math.ceil(LONGEST / unit.length)).slice(0, LONGEST);

test.each([
  ["empty", ""],
  ["blank", " \n\t\r\n "],
  ["punctuation", "... --- !!! ???"],
  ["binary", "\u0000\u0001PNG\u0002\u0003 terrible refund \u0000\u0000\ufffd\ufffd\ufffd"],
])("%s text is neutral and general, with confidence 0", (_, text) => {
  const { sentiment, categorization } = localEngine.analyze(text);
  expect(sentiment).toEqual({ sentiment: Sentiment.NEUTRAL, score: 0, confidence: 0, evidence: [] });
  expect(categorization).toEqual({ primaryCategory: Category.GENERAL, confidence: 0, ranked: [], evidence: [] });
});

test("a stray control character does not make a text binary", () => {
  expect(localEngine.analyze("It is terrible.\u0000 I want a refund.").sentiment.sentiment).toBe(Sentiment.NEGATIVE);
});

test.each([
  "a",
  " ",
  "\n",
  "\n \t",
  "> ",
  ">\n",
  "On x\n\n",
  "On x wrote:\n>\n",
  "From:\n",
  "a.",
  "a'",
  "a@",
  ":)(",
  ":",
  ":-",
  "))))(",
  "!?",
  "not ",
  "not the my your ",
  "not happy but ",
  "close the my ",
  "ä́",
  "👍🏽",
  "\ud83d",
  "漢字",
  "ing",
  "eed ",
  "thanks a lot for ",
])("100,000 characters of %j are read in time", (unit) => {
  const started = process.cpuUsage();
  localEngine.analyze(fill(unit));
  expect(process.cpuUsage(started).user / 1000).toBeLessThan(PATIENCE_MS);
});

const vocabulary = fc.constantFrom(
  ...["not", "happy", "refund", "charged", "twice", "but", "very", "AWFUL", "👍", ":(", "!", "?", ".", ",", "\n", "> "],
);
const texts = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.array(vocabulary).map((words) => words.join(" ")),
);

test("every reading keeps the bounds of the contract, and the same text gets the same one", () => {
  fc.assert(
    fc.property(texts, (text) => {
      const reading = localEngine.analyze(text);
      const { sentiment, categorization, urgency } = reading;
      const shares = categorization.ranked.reduce((sum, { confidence }) => sum + confidence, 0);
      expect(Math.abs(sentiment.score)).toBeLessThanOrEqual(1);
      for (const part of [sentiment.confidence, categorization.confidence, urgency.confidence, shares]) {
        expect(part).toBeGreaterThanOrEqual(0);
        expect(part).toBeLessThanOrEqual(1 + 1e-9);
      }
      for (const { evidence } of [sentiment, categorization, urgency]) {
        expect(evidence.length).toBeLessThanOrEqual(8);
        expect(evidence.every((words) => words !== "" && words.isWellFormed())).toBe(true);
      }
      expect(localEngine.analyze(text)).toEqual(reading);
    }),
    { numRuns: 1000 },
  );
});

test("the text that docs/analytics.md shows is read as it says there", () => {
  const text = "Hi, I was charged twice for my plan and nobody answers my mails. Please fix this by tomorrow!";
  expect(localEngine.analyze(text)).toMatchObject({
    sentiment: { sentiment: Sentiment.NEGATIVE, evidence: expect.arrayContaining(["charged twice", "nobody answers"]) },
    categorization: { primaryCategory: Category.BILLING, evidence: ["charged twice", "plan"] },
    urgency: { urgency: Urgency.HIGH, evidence: expect.arrayContaining(["by tomorrow"]) },
    language: "en",
  });
});
