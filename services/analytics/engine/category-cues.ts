// What the words that name a subject say in a text, category by category.
import type { Category } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import type { CategoryWeights, MarkedSentence } from "./phrases.ts";

/** A phrase of the lexicon in a text, speaking for one category. */
export interface CategoryCue {
  readonly category: Category;
  readonly weight: number;
  /** Index of its first token among all tokens of the text, and of the one after its last. */
  readonly from: number;
  readonly to: number;
}

/** The phrases of the category lexicon in a text, each once: the fifth "order" says no more than the first. */
export function readCategoryCues(sentences: readonly MarkedSentence[]): CategoryCue[] {
  const cues: CategoryCue[] = [];
  const seen = new Set<CategoryWeights>();
  let start = 0;
  for (const { tokens, categories } of sentences) {
    for (const { says, from, to } of categories) {
      if (seen.has(says)) continue;
      seen.add(says);
      for (const [category, weight] of says) cues.push({ category, weight, from: start + from, to: start + to });
    }
    start += tokens.length;
  }
  return cues;
}
