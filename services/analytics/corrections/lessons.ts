// What the desk's corrections come to: which of them are learned from, and how their own texts read.
import { Category, Sentiment } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import type { Correction, Reading } from "../engine/engine.ts";
import { textHash } from "../reading/text-hash.ts";

/** How far from 0 the score of a mood is at least that a person named. */
const PLAIN_SCORE = 0.5;

/** What somebody at the desk said of a text: 0 where nothing. */
export interface Said {
  readonly text: string;
  readonly sentiment: Sentiment;
  readonly category: Category;
}

/** Corrections, one a text. */
export interface Lessons {
  /** The latest first, of each text the beginning. */
  readonly corrections: readonly Correction[];
  /** By the hash of the text. */
  readonly byText: ReadonlyMap<string, Correction>;
}

/**
 * Makes lessons of corrections, the latest first: of several that name the mood, or the subject, of one text the latest counts.
 *
 * @param most characters of a text that are learned from
 */
export function lessonsOf(latestFirst: readonly Said[], most: number): Lessons {
  const byText = new Map<string, Correction>();
  for (const { text, sentiment, category } of latestFirst) {
    const key = textHash(text);
    byText.set(key, {
      text: text.slice(0, most).toWellFormed(),
      ...(sentiment !== Sentiment.UNSPECIFIED && { sentiment }),
      ...(category !== Category.UNSPECIFIED && { category }),
      ...byText.get(key),
    });
  }
  return { corrections: [...byText.values()], byText };
}

/** A score that a person's word can stand beside: the engine's own, where it is as plain. */
function plainScore(sentiment: Sentiment, score: number): number {
  if (sentiment === Sentiment.NEUTRAL) return 0;
  return sentiment === Sentiment.POSITIVE ? Math.max(score, PLAIN_SCORE) : Math.min(score, -PLAIN_SCORE);
}

/** A reading with what a person said of this very text in its place: certain, and without evidence, because no word said it. */
export function asSaid(reading: Reading, { sentiment, category }: Correction): Reading {
  const { score } = reading.sentiment;
  return {
    ...reading,
    ...(sentiment !== undefined && {
      sentiment: { sentiment, score: plainScore(sentiment, score), confidence: 1, evidence: [] },
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
