// The subject of a text by its words: weights added up a category, turned into shares.
import { Category } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import { CATEGORY_WORDS } from "./category-lexicon.ts";
import type { Mood, Subject } from "./engine.ts";
import { type Hit, weightiest, wordsOf } from "./evidence.ts";
import { PhraseTable } from "./phrase-table.ts";
import type { Sentence } from "./tokens.ts";

type Weights = readonly (readonly [category: Category, weight: number])[];

/** How sure one may be that a text is about nothing in particular because no word of it is known. */
const NOTHING_SPOKE = 0.4;
/** What repeating a word adds, as a part of its first weight: the fifth "order" says no more than the fourth. */
const REPEATS = [1, 0.3, 0.2, 0.1];
/** Weight of "none of the others" before any word is read. */
const GENERAL_PRIOR = 1;
/** What a mood as bad as can be says for a complaint, where no word names another subject. */
const COMPLAINT_BY_MOOD = 2;
/** Two weights that differ by this much differ in share by a factor of e. */
const TEMPERATURE = 1.5;
const MIN_SHARE = 0.02;

const table = new PhraseTable<Weights>();
for (const [category, groups] of CATEGORY_WORDS) {
  for (const [weight, phrases] of groups) {
    for (const phrase of phrases.split(", ")) {
      table.add(phrase, [[category, weight]], (old, added) => [...old, ...added]);
    }
  }
}

function hitsOf(sentences: readonly Sentence[]): Map<Category, Hit[]> {
  const hits = new Map<Category, Hit[]>();
  const seen = new Map<Weights, number>();
  for (const { tokens } of sentences) {
    for (let at = 0; at < tokens.length; ) {
      const match = table.match(tokens, at);
      if (match) {
        const times = seen.get(match.value) ?? 0;
        seen.set(match.value, times + 1);
        const words = wordsOf(tokens, at, match.length);
        for (const [category, weight] of times < REPEATS.length ? match.value : []) {
          const list = hits.get(category) ?? [];
          hits.set(category, list);
          list.push({ words, weight: weight * (REPEATS[times] ?? 0) });
        }
      }
      at += match?.length ?? 1;
    }
  }
  return hits;
}

const sumOf = (hits: readonly Hit[] = []) => hits.reduce((sum, { weight }) => sum + weight, 0);

/** Shares by softmax, so that they add up to 1; the ones too small to mention are left out. */
function ranking(weights: ReadonlyMap<Category, number>): Subject["ranked"] {
  const top = Math.max(...weights.values());
  const powers = [...weights].map(([category, weight]) => [category, Math.exp((weight - top) / TEMPERATURE)] as const);
  const total = powers.reduce((sum, [, power]) => sum + power, 0);
  return powers
    .map(([category, power]) => ({ category, confidence: power / total }))
    .filter(({ confidence }) => confidence >= MIN_SHARE)
    .sort((a, b) => b.confidence - a.confidence);
}

function nothingSpoke(): Subject {
  const general = { category: Category.GENERAL, confidence: NOTHING_SPOKE };
  return { primaryCategory: general.category, confidence: general.confidence, ranked: [general], evidence: [] };
}

/** The subject of a text that has been split into sentences; general with confidence 0 when it has none. */
export function readCategory(sentences: readonly Sentence[], mood: Mood): Subject {
  if (sentences.length === 0) return { primaryCategory: Category.GENERAL, confidence: 0, ranked: [], evidence: [] };
  const hits = hitsOf(sentences);
  const namesSubject = [...hits.keys()].some((one) => one !== Category.GENERAL && one !== Category.COMPLAINT);
  const displeasure = namesSubject ? 0 : Math.max(0, -mood.score) * COMPLAINT_BY_MOOD;
  if (hits.size === 0 && displeasure === 0) return nothingSpoke();
  const weights = new Map([...hits].map(([category, found]) => [category, sumOf(found)]));
  const add = (category: Category, weight: number) => weights.set(category, weight + (weights.get(category) ?? 0));
  add(Category.GENERAL, GENERAL_PRIOR);
  if (displeasure > 0) add(Category.COMPLAINT, displeasure);
  const ranked = ranking(weights);
  const { category, confidence } = ranked[0] as Subject["ranked"][number];
  const found = hits.get(category) ?? [];
  const byMoodAlone = category === Category.COMPLAINT && found.length === 0;
  return { primaryCategory: category, confidence, ranked, evidence: byMoodAlone ? mood.evidence : weightiest(found) };
}
