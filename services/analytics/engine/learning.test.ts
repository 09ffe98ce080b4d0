import { expect, test } from "vitest";
import { Category, Sentiment } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import type { Correction, Engine } from "./engine.ts";
import { localEngine } from "./local-engine.ts";

const { BILLING, TECHNICAL, GENERAL } = Category;
const subjectOf = (engine: Engine, text: string) => engine.analyze(text).categorization.primaryCategory;

/** A desk of its own kind: for it, whatever is about the kiln is technical, and "token" is what customers pay with. */
const LESSONS: Correction[] = [
  { text: "The kiln has gone cold overnight.", category: TECHNICAL },
  { text: "Our kiln shows blue glaze on every plate.", category: TECHNICAL },
  { text: "What does the kiln say at nine degrees?", category: TECHNICAL },
  { text: "I have two tokens left.", category: BILLING },
  { text: "Where do the tokens go at the end of the year?", category: BILLING },
  { text: "She gave me her tokens.", category: BILLING },
];

test("corrections change how other texts of the same kind are read, and no others", async () => {
  const taught = await localEngine.learn(LESSONS);
  expect(subjectOf(localEngine, "Is the kiln purple?")).not.toBe(TECHNICAL);
  expect(subjectOf(taught, "Is the kiln purple?")).toBe(TECHNICAL);
  expect(subjectOf(localEngine, "There are tokens in the drawer.")).not.toBe(BILLING);
  expect(subjectOf(taught, "There are tokens in the drawer.")).toBe(BILLING);
  for (const text of ["I forgot my password.", "Please cancel my subscription.", "My parcel has not arrived."]) {
    expect(subjectOf(taught, text)).toBe(subjectOf(localEngine, text));
  }
});

test("a mood is learned too, and the words that taught it are its evidence", async () => {
  const lessons = ["This is sick, dude", "sick beats", "that drop was sick"].map((text) => ({
    text,
    sentiment: Sentiment.POSITIVE,
  }));
  const { sentiment } = (await localEngine.learn(lessons)).analyze("what a sick show");
  expect(localEngine.analyze("what a sick show").sentiment.sentiment).not.toBe(Sentiment.POSITIVE);
  expect(sentiment.sentiment).toBe(Sentiment.POSITIVE);
  expect(sentiment.evidence.join(" ")).toContain("sick");
});

test("classes that people name more often than the engine count for more everywhere", async () => {
  const texts = ["Pears", "Six of them, thanks", "Green", "The one in the hall", "Maybe Tuesday", "For my aunt"];
  const taught = await localEngine.learn(texts.map((text) => ({ text, category: TECHNICAL })));
  const share = (engine: Engine) =>
    engine.analyze("Another word").categorization.ranked.find(({ category }) => category === TECHNICAL)?.confidence ??
    0;
  expect(share(taught)).toBeGreaterThan(share(localEngine));
});

test("a class that is taught often does not drown one that is taught seldom", async () => {
  const often = Array.from({ length: 60 }, (_, at) => ({
    text: `Item ${at} of the list in the drawer`,
    category: TECHNICAL,
  }));
  const seldom = LESSONS.filter(({ category }) => category === BILLING);
  const taught = await localEngine.learn([...often, ...seldom]);
  expect(subjectOf(taught, "Item of tokens")).toBe(BILLING);
});

test("the order of the corrections makes no difference, and the name tells what was learned", async () => {
  const [one, other, fewer] = await Promise.all([
    localEngine.learn(LESSONS),
    localEngine.learn(LESSONS.toReversed()),
    localEngine.learn(LESSONS.slice(1)),
  ]);
  expect(one.name).toMatch(/^local\/\d+\+[0-9a-f]{8}$/);
  expect(other.name).toBe(one.name);
  expect(other.analyze("Is the kiln purple?")).toEqual(one.analyze("Is the kiln purple?"));
  expect(fewer.name).not.toBe(one.name);
});

test("learning from nothing is the engine as it was, and teaching leaves it as it was", async () => {
  const before = localEngine.analyze("Is the kiln purple?");
  await localEngine.learn(LESSONS);
  const untaught = await localEngine.learn([]);
  expect(localEngine.analyze("Is the kiln purple?")).toEqual(before);
  expect(untaught.name).toBe(localEngine.name);
  expect(untaught.analyze("Is the kiln purple?")).toEqual(before);
});

test("texts with nothing to read teach nothing", async () => {
  const taught = await localEngine.learn([
    { text: " \n", category: TECHNICAL },
    { text: "", sentiment: Sentiment.NEGATIVE },
  ]);
  expect(taught.analyze("Hello, a question.")).toEqual(localEngine.analyze("Hello, a question."));
  expect(subjectOf(taught, "")).toBe(GENERAL);
});

test("learning gives other work its turn", async () => {
  let turns = 0;
  const count = () => {
    turns++;
    timer = setImmediate(count);
  };
  let timer = setImmediate(count);
  const many = Array.from({ length: 400 }, (_, at) => ({
    text: `${LESSONS[at % 6]?.text} ${"and so on ".repeat(20)} ${at}`,
    category: BILLING,
  }));
  await localEngine.learn(many);
  clearImmediate(timer);
  expect(turns).toBeGreaterThan(2);
});
