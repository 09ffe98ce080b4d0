import { expect, test } from "vitest";
import { sentencesOf } from "./tokens.ts";

const words = (text: string) => sentencesOf(text).map(({ tokens }) => tokens.map(({ word }) => word));

test("full stops, questions, exclamations and blank lines end a sentence; a line end does not", () => {
  expect(words("One two. Three?\nFour\nfive\n\nSix!!")).toEqual([["one", "two"], ["three"], ["four", "five"], ["six"]]);
  expect(sentencesOf("No!! Why?").map(({ exclamations, questions }) => [exclamations, questions])).toEqual([
    [2, 0],
    [0, 1],
  ]);
});

test("emoji and emoticons are tokens of their own, noses and repeated mouths aside", () => {
  expect(words("fine👍🏽:-))) ok :'( <3 ❤️ =D")).toEqual([["fine", "👍", ":)", "ok", ":(", "<3", "❤", "=d"]]);
});

test("times and web addresses hold no emoticons, and addresses and handles no words", () => {
  expect(words("at 8:30 see https://bad.example/fail @awful ann@hate.example")).toEqual([["at", "8", "30", "see"]]);
});

test("curly apostrophes, capitals and drawn-out letters are noticed", () => {
  const [sentence] = sentencesOf("Don’t be SOOOO slow");
  expect(sentence?.tokens).toMatchObject([
    { word: "don't", stem: "not" },
    { word: "be" },
    { word: "soo", shouted: true, drawn: true },
    { word: "slow", shouted: false, drawn: false },
  ]);
});
