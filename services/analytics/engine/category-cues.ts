// What the words that name a subject say in a text, category by category.
import type { Category } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import { CATEGORY_WORDS } from "./category-lexicon.ts";
import { PhraseTable } from "./phrase-table.ts";
import type { Sentence } from "./tokens.ts";

/** A phrase of the lexicon in a text, speaking for one category. */
export interface CategoryCue {
  readonly category: Category;
  readonly weight: number;
  /** Index of its first token among all tokens of the text, and of the one after its last. */
  readonly from: number;
  readonly to: number;
}

type Weights = readonly (readonly [category: Category, weight: number])[];

const table = new PhraseTable<Weights>();
for (const [category, groups] of CATEGORY_WORDS) {
  for (const [weight, phrases] of groups) {
    for (const phrase of phrases.split(", ")) {
      table.add(phrase, [[category, weight]], (old, added) => [...old, ...added]);
    }
  }
}

/** The phrases of the category lexicon in a text, each once: the fifth "order" says no more than the first. */
export function readCategoryCues(sentences: readonly Sentence[]): CategoryCue[] {
  const cues: CategoryCue[] = [];
  const seen = new Set<Weights>();
  let start = 0;
  for (const { tokens } of sentences) {
    for (let at = 0; at < tokens.length; ) {
      const match = table.match(tokens, at);
      const to = at + (match?.length ?? 1);
      if (match && !seen.has(match.value)) {
        seen.add(match.value);
        for (const [category, weight] of match.value) cues.push({ category, weight, from: start + at, to: start + to });
      }
      at = to;
    }
    start += tokens.length;
  }
  return cues;
}
