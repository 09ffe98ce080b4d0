import { expect, test } from "vitest";
import { marked } from "./phrases.ts";
import { sentencesOf } from "./tokens.ts";

const sentence = sentencesOf("I have not been charged, charged twice and thank you very much for a refund").map(
  marked,
)[0];
const words = (phrases: readonly { from: number; to: number }[] = []) =>
  phrases.map(({ from, to }) =>
    sentence?.tokens
      .slice(from, to)
      .map(({ word }) => word)
      .join(" "),
  );

test("each list finds its longest phrases, and none within the one before it", () => {
  expect(words(sentence?.moods)).toEqual(["charged", "charged twice", "thank you very much"]);
  expect(words(sentence?.categories)).toEqual(["charged", "charged twice", "refund"]);
  expect(words(sentence?.urgencies)).toEqual([]);
});
