// The engine that reads by the trained models: no network, no key, a fraction of a millisecond a text.
import { Category, Sentiment, Urgency } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import type { LearningEngine, Mood, Reading, Subject, UrgencyReading } from "./engine.ts";
import { evidenceOf } from "./evidence.ts";
import { type Seen, see } from "./features.ts";
import { readLanguage } from "./language.ts";
import { learnFrom } from "./learning.ts";
import { type LinearModel, logitsOf, softmax, spokenFor } from "./linear-model.ts";
import { readable } from "./readable.ts";
import { ENGINE_NAME, loadModels } from "./weights.ts";

/** The models that answer each question together: the trained one, and what was learned from corrections. */
export interface Models {
  readonly sentiment: readonly LinearModel[];
  readonly category: readonly LinearModel[];
  readonly urgency: readonly LinearModel[];
}

/** Shares smaller than this are not mentioned. */
const MIN_SHARE = 0.02;

interface Answer {
  /** Value of the enum: the classes of a model are its values from 1 on. */
  readonly value: number;
  readonly shares: Float64Array;
  readonly evidence: string[];
}

function answerOf(models: readonly LinearModel[], seen: Seen): Answer {
  const shares = softmax(logitsOf(models, seen));
  let best = 0;
  for (let k = 1; k < shares.length; k++) if ((shares[k] as number) > (shares[best] as number)) best = k;
  return { value: best + 1, shares, evidence: evidenceOf(seen.tokens, spokenFor(models, seen, best)) };
}

const shareOf = ({ shares, value }: Answer, of = value) => shares[of - 1] as number;

function moodOf(answer: Answer): Mood {
  const score = shareOf(answer, Sentiment.POSITIVE) - shareOf(answer, Sentiment.NEGATIVE);
  return { sentiment: answer.value, score, confidence: shareOf(answer), evidence: answer.evidence };
}

function subjectOf(answer: Answer): Subject {
  const ranked: Subject["ranked"] = [];
  for (const [at, confidence] of answer.shares.entries()) {
    const category: Category = at + 1;
    if (confidence >= MIN_SHARE || category === answer.value) ranked.push({ category, confidence });
  }
  ranked.sort((a, b) => b.confidence - a.confidence);
  return { primaryCategory: answer.value, confidence: shareOf(answer), ranked, evidence: answer.evidence };
}

function urgencyOf(answer: Answer): UrgencyReading {
  return { urgency: answer.value, confidence: shareOf(answer), evidence: answer.evidence };
}

/** What is said of a text with nothing to read in it. */
function nothing(): Reading {
  return {
    sentiment: { sentiment: Sentiment.NEUTRAL, score: 0, confidence: 0, evidence: [] },
    categorization: { primaryCategory: Category.GENERAL, confidence: 0, ranked: [], evidence: [] },
    urgency: { urgency: Urgency.MEDIUM, confidence: 0, evidence: [] },
    language: "und",
  };
}

/** An engine over models. Pure; linear in the length of the text. */
export function engineOf(name: string, models: Models): LearningEngine {
  return {
    name,
    analyze(text) {
      const sentences = readable(text);
      if (sentences.length === 0) return nothing();
      const seen = see(sentences);
      return {
        sentiment: moodOf(answerOf(models.sentiment, seen)),
        categorization: subjectOf(answerOf(models.category, seen)),
        urgency: urgencyOf(answerOf(models.urgency, seen)),
        language: readLanguage(seen.tokens),
      };
    },
    learn: (corrections) => learnFrom(name, models, corrections),
  };
}

/** Deskwire's own engine, as trained (docs/analytics.md). */
export const localEngine: LearningEngine = engineOf(
  ENGINE_NAME,
  (({ sentiment, category, urgency }) => ({ sentiment: [sentiment], category: [category], urgency: [urgency] }))(
    loadModels(),
  ),
);
