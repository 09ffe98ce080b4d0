// What the model is asked to answer, and how that becomes readings. An answer that is not wholly as asked counts for nothing.
import type { DescEnum } from "@bufbuild/protobuf";
import {
  type Category,
  CategorySchema,
  type Sentiment,
  SentimentSchema,
  type Urgency,
  UrgencySchema,
} from "#gen/deskwire/analytics/v1/analysis_pb.js";
import type { Reading } from "../engine/engine.ts";

const MAX_EVIDENCE = 8;
const MAX_EVIDENCE_LENGTH = 80;
const LANGUAGE = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/;

/** Names as the model writes them, `refund_returns`, by value; without the one for "not said". */
function namesOf(desc: DescEnum): ReadonlyMap<string, number> {
  const named = desc.values.filter(({ number }) => number !== 0);
  return new Map(named.map(({ localName, number }) => [localName.toLowerCase(), number]));
}

const SENTIMENTS = namesOf(SentimentSchema);
const CATEGORIES = namesOf(CategorySchema);
const URGENCIES = namesOf(UrgencySchema);

const text = { type: "string" } as const;
const number = { type: "number" } as const;
const words = { type: "array", items: text } as const;
const oneOf = (names: ReadonlyMap<string, number>) => ({ type: "string", enum: [...names.keys()] });
const object = (properties: Record<string, unknown>) => ({
  ...{ type: "object", properties, required: Object.keys(properties), additionalProperties: false },
});

/** The JSON Schema of an answer, of the keywords that structured outputs know. */
export const ANSWER_SCHEMA = object({
  answers: {
    type: "array",
    items: object({
      i: { type: "integer" },
      ...{ sentiment: oneOf(SENTIMENTS), score: number, sentiment_confidence: number, sentiment_words: words },
      categories: { type: "array", items: object({ category: oneOf(CATEGORIES), confidence: number }) },
      category_words: words,
      ...{ urgency: oneOf(URGENCIES), urgency_confidence: number, urgency_words: words },
      language: text,
    }),
  },
});

/** Why an answer counts for nothing. Says nothing of what is in it. */
export class AnswerInvalid extends Error {
  override readonly name = "AnswerInvalid";
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  if (typeof value === "object" && value !== null) return value as Fields;
  throw new AnswerInvalid("an object is missing");
}

function numberIn(value: unknown, from: number, to: number): number {
  if (typeof value === "number" && value >= from && value <= to) return value;
  throw new AnswerInvalid("a number is missing or out of bounds");
}

function named(names: ReadonlyMap<string, number>, name: unknown): number {
  const value = typeof name === "string" ? names.get(name) : undefined;
  if (value === undefined) throw new AnswerInvalid("a name is none of those asked for");
  return value;
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new AnswerInvalid("a list is missing");
}

/** Only words that really stand in the text are evidence. */
function evidence(value: unknown, read: string): string[] {
  const lower = read.toLowerCase();
  const found = listOf(value).filter(
    (word): word is string =>
      typeof word === "string" &&
      word.trim() !== "" &&
      word.length <= MAX_EVIDENCE_LENGTH &&
      lower.includes(word.toLowerCase()),
  );
  return [...new Set(found)].slice(0, MAX_EVIDENCE);
}

function ranking(value: unknown): Reading["categorization"]["ranked"] {
  const given = listOf(value).map((item) => {
    const { category, confidence } = fieldsOf(item);
    return { category: named(CATEGORIES, category) as Category, confidence: numberIn(confidence, 0, 1) };
  });
  const [first] = given;
  if (first === undefined || new Set(given.map(({ category }) => category)).size < given.length) {
    throw new AnswerInvalid("there is no category, or one twice");
  }
  const total = Math.max(
    1,
    given.reduce((sum, { confidence }) => sum + confidence, 0),
  );
  return given
    .map(({ category, confidence }) => ({ category, confidence: confidence / total }))
    .sort((a, b) => b.confidence - a.confidence);
}

function readingOf(answer: Fields, read: string): Reading {
  const ranked = ranking(answer.categories);
  const { category: primaryCategory, confidence } = ranked[0] as (typeof ranked)[number];
  const { language } = answer;
  return {
    sentiment: {
      sentiment: named(SENTIMENTS, answer.sentiment) as Sentiment,
      score: numberIn(answer.score, -1, 1),
      confidence: numberIn(answer.sentiment_confidence, 0, 1),
      evidence: evidence(answer.sentiment_words, read),
    },
    categorization: { primaryCategory, confidence, ranked, evidence: evidence(answer.category_words, read) },
    urgency: {
      urgency: named(URGENCIES, answer.urgency) as Urgency,
      confidence: numberIn(answer.urgency_confidence, 0, 1),
      evidence: evidence(answer.urgency_words, read),
    },
    language: typeof language === "string" && LANGUAGE.test(language) ? language : "und",
  };
}

function parse(json: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    // What a JSON parser says quotes its text.
    throw new AnswerInvalid("it is no JSON");
  }
  return fieldsOf(value);
}

/**
 * Reads an answer about these texts: one reading a text, in the order of the texts.
 *
 * @throws AnswerInvalid unless there is exactly one answer for each text, and each is as the schema says
 */
export function readAnswer(json: string, texts: readonly string[]): Reading[] {
  const answers = listOf(parse(json).answers).map(fieldsOf);
  const byIndex = new Map(answers.map((answer) => [answer.i, answer]));
  if (answers.length !== texts.length || byIndex.size !== texts.length) {
    throw new AnswerInvalid("there is not one answer for each text");
  }
  return texts.map((read, index) => {
    const answer = byIndex.get(index);
    if (answer === undefined) throw new AnswerInvalid("a text has no answer");
    return readingOf(answer, read);
  });
}

const nameOf = (names: ReadonlyMap<string, number>, value: number | undefined) =>
  [...names].find(([, number]) => number === value)?.[0];

/** How the model writes what a person said of a text. */
export function toNames({ sentiment, category }: { sentiment?: Sentiment; category?: Category }) {
  return { sentiment: nameOf(SENTIMENTS, sentiment), category: nameOf(CATEGORIES, category) };
}
