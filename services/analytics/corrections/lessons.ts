// What the desk's corrections come to: which of them are learned from, and how their own texts read.
import { Category, Sentiment } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import type { Correction, Reading } from "../engine/engine.ts";
import { textHash } from "../reading/text-hash.ts";

/** The score of a mood that a person named and the engine's own score contradicts. */
const PLAIN_SCORE = 0.5;

/** What somebody at the desk said of a text: 0 where nothing. */
export interface Said {
  readonly text: string;
  readonly sentiment: Sentiment;
  readonly category: Category;
}

/** Corrections, one a text. */
export interface Lessons {
  /** The latest first. */
  readonly corrections: readonly Correction[];
  /** By the hash of the text. */
  readonly byText: ReadonlyMap<string, Correction>;
}

/** Makes lessons of corrections, the latest first: of several that name the mood, or the subject, of one text the latest counts. */
export function lessonsOf(latestFirst: readonly Said[]): Lessons {
  const byText = new Map<string, Correction>();
  for (const { text, sentiment, category } of latestFirst) {
    const key = textHash(text);
    byText.set(key, {
      text,
      ...(sentiment !== Sentiment.UNSPECIFIED && { sentiment }),
      ...(category !== Category.UNSPECIFIED && { category }),
      ...byText.get(key),
    });
  }
  return { corrections: [...byText.values()], byText };
}

function agrees(score: number, sentiment: Sentiment): boolean {
  if (sentiment === Sentiment.NEUTRAL) return score === 0;
  return sentiment === Sentiment.POSITIVE ? score > 0 : score < 0;
}

function plainScore(sentiment: Sentiment): number {
  if (sentiment === Sentiment.NEUTRAL) return 0;
  return sentiment === Sentiment.POSITIVE ? PLAIN_SCORE : -PLAIN_SCORE;
}

/** A reading with what a person said of this very text in its place: certain, and without evidence, because no word said it. */
export function asSaid(reading: Reading, { sentiment, category }: Correction): Reading {
  const { score } = reading.sentiment;
  return {
    ...reading,
    ...(sentiment !== undefined && {
      sentiment: {
        sentiment,
        score: agrees(score, sentiment) ? score : plainScore(sentiment),
        confidence: 1,
        evidence: [],
      },
    }),
    ...(category !== undefined && {
      categorization: {
        primaryCategory: category,
        confidence: 1,
        ranked: [{ category, confidence: 1 }],
        evidence: [],
      },
    }),
  };
}
