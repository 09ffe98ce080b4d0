// The simplest way to learn: the category that people named counts for more in every text, the one they denied for less.
import { hash } from "node:crypto";
import type { Category } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import type { Correction, Engine, LearningEngine, Reading, Subject } from "./engine.ts";

/** What one correction adds to the logarithm of a category's odds; all together are bounded. */
const STEP = 0.3;
const MOST = 3;
/** Share of a category that no word spoke for. */
const LEAST = 0.02;

const bounded = (value: number) => Math.max(-MOST, Math.min(MOST, value));

function biased(subject: Subject, bias: ReadonlyMap<Category, number>): Subject {
  if (subject.confidence === 0) return subject;
  const shares = new Map([...bias.keys()].map((category) => [category, LEAST]));
  for (const { category, confidence } of subject.ranked) shares.set(category, confidence);
  const odds = [...shares].map(
    ([category, share]) => [category, share * Math.exp(bounded(bias.get(category) ?? 0))] as const,
  );
  const total = odds.reduce((sum, [, odd]) => sum + odd, 0);
  const ranked = odds
    .map(([category, odd]) => ({ category, confidence: odd / total }))
    .filter(({ confidence }) => confidence >= LEAST)
    .sort((a, b) => b.confidence - a.confidence);
  const { category, confidence } = ranked[0] as Subject["ranked"][number];
  const evidence = category === subject.primaryCategory ? subject.evidence : [];
  return { primaryCategory: category, confidence, ranked, evidence };
}

function learned(engine: Engine, corrections: readonly Correction[]): Engine {
  const categories = new Map<Category, number>();
  const add = (category: Category, step: number) => categories.set(category, (categories.get(category) ?? 0) + step);
  for (const { text, category } of corrections) {
    const { categorization } = engine.analyze(text);
    if (category !== undefined && category !== categorization.primaryCategory) {
      add(category, STEP);
      add(categorization.primaryCategory, -STEP);
    }
  }
  const state = hash("sha256", JSON.stringify(corrections), "hex").slice(0, 8);
  return {
    name: `${engine.name}+${state}`,
    analyze(text): Reading {
      const reading = engine.analyze(text);
      return { ...reading, categorization: biased(reading.categorization, categories) };
    },
  };
}

/** An engine that can be taught in this way. */
export function withClassBias(engine: Engine): LearningEngine {
  return { ...engine, learn: (corrections) => learned(engine, corrections) };
}
