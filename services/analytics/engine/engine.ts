// What the service needs of whatever reads texts: a word list today, a trained model tomorrow.
import type { Category, Sentiment, Urgency } from "#gen/deskwire/analytics/v1/analysis_pb.js";

/** The mood of a text. */
export interface Mood {
  sentiment: Sentiment;
  /** From -1 (as negative as can be) to 1. */
  score: number;
  /** From 0 to 1. */
  confidence: number;
  /** The words that spoke for it, the weightiest first. */
  evidence: string[];
}

/** The subject of a text. */
export interface Subject {
  primaryCategory: Category;
  /** From 0 to 1: the share of the primary category. */
  confidence: number;
  /** Categories the text speaks for, the likeliest first; their shares add up to 1 at most. */
  ranked: { category: Category; confidence: number }[];
  /** The words that spoke for the primary category, the weightiest first. */
  evidence: string[];
}

/** How soon the writer of a text needs an answer. */
export interface UrgencyReading {
  urgency: Urgency;
  /** From 0 to 1. */
  confidence: number;
  /** The words that spoke for it, the weightiest first. */
  evidence: string[];
}

/** What an engine says about one text. */
export interface Reading {
  sentiment: Mood;
  categorization: Subject;
  urgency: UrgencyReading;
  /** BCP 47, such as `en`; `und` when it cannot be told. */
  language: string;
}

/**
 * Reads texts. `analyze` is pure and total: the same text gives the same reading, no text makes it throw, and its time
 * grows no faster than the text. A text with nothing to read is neutral, general and of medium urgency, with confidence 0, in
 * language `und`.
 */
export interface Engine {
  /** Name and version, such as `local/5`; a reading is comparable only with readings of the same name. */
  readonly name: string;
  analyze(text: string): Reading;
}

/** A person's correction of one text: what it really is, where the engine was wrong. */
export interface Correction {
  readonly text: string;
  readonly sentiment?: Sentiment;
  readonly category?: Category;
}

/** An engine that people can teach. */
export interface LearningEngine extends Engine {
  /**
   * Makes an engine adapted to all of these corrections, and to no others; this one stays as it is. Pure: the same
   * corrections make the same engine, whose name tells the adapted state (`local/5+3f9a0c12`). One that takes its time gives
   * other work of the process its turn meanwhile.
   */
  learn(corrections: readonly Correction[]): Engine | Promise<Engine>;
}
