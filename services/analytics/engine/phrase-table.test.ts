import { expect, test } from "vitest";
import { PhraseTable } from "./phrase-table.ts";
import { sentencesOf } from "./tokens.ts";

const table = new PhraseTable<string>();
for (const phrase of ["close account", "close", "not work", "=pleased", "charge me twice"]) table.add(phrase, phrase);

function matchAt(text: string, at: number) {
  return table.match(sentencesOf(text)[0]?.tokens ?? [], at);
}

test("the longest phrase wins, inflected, with articles and possessives between its words", () => {
  expect(matchAt("closing all my accounts", 0)).toEqual({ value: "close", length: 1 });
  expect(matchAt("closing my accounts", 0)).toEqual({ value: "close account", length: 3 });
  expect(matchAt("closed my door", 0)).toEqual({ value: "close", length: 1 });
  expect(matchAt("they charged me twice", 1)).toEqual({ value: "charge me twice", length: 3 });
});

test("a contraction counts as not", () => {
  expect(matchAt("it doesn't work", 1)).toEqual({ value: "not work", length: 2 });
});

test("a word marked = matches only as written", () => {
  expect(matchAt("pleased", 0)?.value).toBe("=pleased");
  expect(matchAt("please", 0)).toBeUndefined();
});

test("a phrase does not reach over the end of a clause", () => {
  expect(matchAt("it is not, work is over", 2)).toBeUndefined();
});
