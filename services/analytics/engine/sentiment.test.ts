import { describe, expect, test } from "vitest";
import { Sentiment } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import { localEngine } from "./local-engine.ts";

const moodOf = (text: string) => localEngine.analyze(text).sentiment;
const scoreOf = (text: string) => moodOf(text).score;

describe("moods", () => {
  test.each([
    "Thanks, that solved it!",
    "I love the new reports, they are easy to read.",
    "Your colleague was so friendly and quick :)",
    "👍👍",
    "No problems at all, the setup was effortless.",
  ])("%j is positive", (text) => expect(moodOf(text).sentiment).toBe(Sentiment.POSITIVE));

  test.each([
    "I am still waiting for an answer.",
    "The export doesn't work.",
    "You charged me twice.",
    "I can't log in.",
    "Nobody answers the phone 😡",
    "Thanks for nothing.",
    "This is useless :(",
  ])("%j is negative", (text) => expect(moodOf(text).sentiment).toBe(Sentiment.NEGATIVE));

  test.each([
    "Where do I find the invoice for March?",
    "Could you send me the tracking number? Thanks in advance, kind regards",
    "Please change the address to 12 High Street. Thank you.",
    "It would be great if the list could be sorted by date.",
    "The meeting is at 8:30 in room 4.",
  ])("%j is neutral", (text) => expect(moodOf(text).sentiment).toBe(Sentiment.NEUTRAL));
});

test.each([
  ["I am happy with it", "I am not happy with it"],
  ["This is good", "I don't think this is good"],
  ["They were helpful", "They were never helpful"],
  ["It was easy", "It wasn’t easy"],
])("negation turns %j round", (praise, blame) => {
  expect(moodOf(praise).sentiment).toBe(Sentiment.POSITIVE);
  expect(moodOf(blame).sentiment).toBe(Sentiment.NEGATIVE);
});

test("what a phrase has said negation does not say again", () => {
  const evidence = moodOf("It isn't working since the update.").evidence;
  expect(evidence.filter((words) => /isn't|working/.test(words))).toEqual(["isn't working"]);
});

test("negation ends with its clause", () => {
  expect(scoreOf("I did not call, great that you wrote")).toBeGreaterThan(0);
});

test("not bad is fainter than good", () => {
  expect(scoreOf("It is not bad")).toBeGreaterThan(0);
  expect(scoreOf("It is not bad")).toBeLessThan(scoreOf("It is good"));
});

test.each([
  ["It is slow", "It is extremely slow"],
  ["It is terrible", "It is TERRIBLE"],
  ["It is terrible", "It is terrible!!!"],
  ["It is bad", "It is sooo bad"],
  ["It is somewhat confusing", "It is confusing"],
])("%j is milder than %j", (mild, strong) => {
  expect(scoreOf(mild)).toBeGreaterThan(scoreOf(strong));
});

test("what stands after but weighs more", () => {
  expect(scoreOf("The app is good but the delivery was bad")).toBeLessThan(0);
  expect(scoreOf("The delivery was bad but the app is good")).toBeGreaterThan(0);
});

test("praise beside blame in one sentence is taken for irony", () => {
  expect(moodOf("Great, my parcel is lost again.").sentiment).toBe(Sentiment.NEGATIVE);
});

test("a courteous end does not outweigh a complaint", () => {
  expect(moodOf("The screen arrived broken. Thank you very much, best regards").sentiment).toBe(Sentiment.NEGATIVE);
});

test("a long complaint with a kind word in it is negative and says why", () => {
  const text = `I have been a customer for six years and used to recommend you.

    In March I ordered a desk. It was delivered three weeks late, the box was damaged and one leg was missing. I called
    four times, waited on hold for an hour each time, and the last agent was rude and hung up. I was promised a
    replacement, which never arrived. I am extremely disappointed, and I want to know what you will do.`;
  const mood = moodOf(text);
  expect(mood.sentiment).toBe(Sentiment.NEGATIVE);
  expect(mood.score).toBeLessThan(-0.6);
  expect(mood.evidence).toContain("disappointed");
  expect(mood.evidence.length).toBeLessThanOrEqual(8);
});

test("quoted mail and the signature have no say, unless there is nothing else", () => {
  const answer = "That works, great!\n\nOn Mon, 3 Mar 2025, Support wrote:\n> Sorry for the terrible, awful delay.\n";
  expect(moodOf(answer).sentiment).toBe(Sentiment.POSITIVE);
  expect(moodOf("Please call me.\n-- \nAnn, Horrible Worst Disasters Ltd").sentiment).toBe(Sentiment.NEUTRAL);
  expect(moodOf("> Sorry for the terrible, awful delay.").sentiment).toBe(Sentiment.NEGATIVE);
});

test("evidence is the words as written, negation included, the weightiest first, none twice", () => {
  const { evidence } = moodOf("Slow. Awful! I am NOT happy. Slow again, and AWFUL.");
  expect(evidence[0]).toBe("awful");
  expect(evidence).toContain("not happy");
  expect(new Set(evidence).size).toBe(evidence.length);
});

test("one weighty voice is surer than two that disagree", () => {
  const agreeing = moodOf("Terrible. Awful. Useless.").confidence;
  const disagreeing = moodOf("Terrible delivery. Great product. Useless manual.").confidence;
  expect(agreeing).toBeGreaterThan(0.8);
  expect(disagreeing).toBeLessThan(agreeing);
});
