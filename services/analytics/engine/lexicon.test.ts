import { expect, test } from "vitest";
import { Category } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import { CATEGORY_WORDS } from "./category-lexicon.ts";
import { keysOf } from "./phrase-table.ts";
import { COURTESIES, MOOD_SYMBOLS, MOOD_WORDS, NEEDS } from "./sentiment-lexicon.ts";
import { PATIENT, URGENT } from "./urgency-lexicon.ts";

type Group = readonly [weight: number, phrases: string];

/** Phrases that another of the same list finds already: one of the two weights would be lost, or count twice. */
function doubles(groups: readonly Group[], separator = ", "): string[] {
  const phrases = groups.flatMap(([, list]) => list.split(separator));
  const keys = phrases.map((phrase) => keysOf(phrase).join(" "));
  return phrases.filter((_, at) => keys.indexOf(keys[at] as string) !== at);
}

test("no phrase that tells a mood is listed twice, in whatever inflection", () => {
  expect(doubles([...MOOD_WORDS, ...COURTESIES])).toEqual([]);
  expect(doubles(MOOD_SYMBOLS, " ")).toEqual([]);
  expect(doubles([[1, NEEDS]])).toEqual([]);
});

test("no phrase that tells urgency is listed twice, or as both", () => {
  expect(
    doubles([
      [1, URGENT],
      [0, PATIENT],
    ]),
  ).toEqual([]);
});

test.each(CATEGORY_WORDS.map(([category, groups]) => [Category[category], groups] as const))(
  "no phrase of %s is listed twice, in whatever inflection",
  (_, groups) => expect(doubles(groups)).toEqual([]),
);

test("every category has words", () => {
  const named = Object.values(Category).filter((value) => typeof value === "number" && value !== Category.UNSPECIFIED);
  expect(CATEGORY_WORDS.map(([category]) => category).sort()).toEqual(named.sort());
});
