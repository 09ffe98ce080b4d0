import { expect, test } from "vitest";
import { PhraseTable } from "./phrase-table.ts";
import { sentencesOf } from "./tokens.ts";

const table = new PhraseTable<string>();
for (const phrase of ["close account", "close", "not work", "=pleased", "charge me twice"]) {
  table.set(phrase, () => phrase);
}

const matchesAt = (text: string, at: number) => table.matches(sentencesOf(text)[0]?.tokens ?? [], at);

test("each phrase is found, inflected, with articles and possessives between its words", () => {
  expect(matchesAt("closing all my accounts", 0)).toEqual([{ value: "close", length: 1 }]);
  expect(matchesAt("closing my accounts", 0)).toEqual([
    { value: "close", length: 1 },
    { value: "close account", length: 3 },
  ]);
  expect(matchesAt("closed my door", 0)).toEqual([{ value: "close", length: 1 }]);
  expect(matchesAt("they charged me twice", 1)).toEqual([{ value: "charge me twice", length: 3 }]);
});

test("a contraction counts as not", () => {
  expect(matchesAt("it doesn't work", 1)).toEqual([{ value: "not work", length: 2 }]);
});

test("a word marked = matches only as written", () => {
  expect(matchesAt("pleased", 0)).toEqual([{ value: "=pleased", length: 1 }]);
  expect(matchesAt("please", 0)).toEqual([]);
});

test("a phrase does not reach over the end of a clause", () => {
  expect(matchesAt("it is not, work is over", 2)).toEqual([]);
});
