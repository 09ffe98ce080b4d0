import { expect, test } from "vitest";
import { Category, Sentiment } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import { localEngine } from "../engine/local-engine.ts";
import { textHash } from "../reading/text-hash.ts";
import { asSaid, lessonsOf } from "./lessons.ts";

const { NEGATIVE, NEUTRAL, POSITIVE, UNSPECIFIED } = Sentiment;
const { BILLING, SHIPPING } = Category;

test("the latest word on each side of a text counts", () => {
  const { corrections, byText } = lessonsOf(
    [
      { text: "a", sentiment: NEGATIVE, category: Category.UNSPECIFIED },
      { text: "b", sentiment: UNSPECIFIED, category: SHIPPING },
      { text: "a", sentiment: POSITIVE, category: BILLING },
      { text: "too long", sentiment: NEUTRAL, category: Category.UNSPECIFIED },
    ],
    3,
  );
  expect(corrections).toEqual([
    { text: "a", sentiment: NEGATIVE, category: BILLING },
    { text: "b", category: SHIPPING },
    { text: "too", sentiment: NEUTRAL },
  ]);
  expect(byText.has(textHash("too long"))).toBe(true);
  expect(byText.get(textHash("b"))).toEqual({ text: "b", category: SHIPPING });
});

test.each([
  ["It is terrible, awful, the worst.", NEGATIVE, undefined],
  ["It is.", NEGATIVE, -0.5],
  ["It is terrible.", POSITIVE, 0.5],
  ["It is terrible.", NEUTRAL, 0],
  ["It is wonderful.", NEGATIVE, -0.5],
])("%j called %s has a score of that mood", (text, sentiment, score) => {
  const read = localEngine.analyze(text);
  const said = asSaid(read, { text, sentiment });
  expect(said.sentiment).toEqual({
    ...{ sentiment, confidence: 1, evidence: [] },
    score: score ?? read.sentiment.score,
  });
  expect(said.categorization).toBe(read.categorization);
});
