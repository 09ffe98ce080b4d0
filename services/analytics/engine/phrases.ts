// The phrases of all word lists in a text: those that tell a mood, a subject and urgency.
import type { Category } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import { CATEGORY_WORDS } from "./category-lexicon.ts";
import { type Match, PhraseTable } from "./phrase-table.ts";
import { COURTESIES, MOOD_SYMBOLS, MOOD_WORDS, NEED_DENIED, NEEDS } from "./sentiment-lexicon.ts";
import type { Sentence } from "./tokens.ts";
import { PATIENT, PRESSING, URGENT } from "./urgency-lexicon.ts";

/** What a phrase says of the mood. */
export interface MoodWord {
  readonly kind: "mood" | "courtesy" | "need";
  readonly weight: number;
}

/** What a phrase says of the subject. */
export type CategoryWeights = readonly (readonly [category: Category, weight: number])[];

/** What a phrase says of the urgency. */
export type UrgencyKind = "urgent" | "pressing" | "patient";

interface Says {
  readonly mood: MoodWord | undefined;
  readonly category: CategoryWeights | undefined;
  readonly urgency: UrgencyKind | undefined;
}

/** A phrase in a sentence, and what it says. */
interface Phrase<T> {
  readonly says: T;
  /** Index of its first token in the sentence, and of the one after its last. */
  readonly from: number;
  readonly to: number;
}

/** A sentence with the phrases of each list, one after the other: none begins before the one before it ends. */
export interface MarkedSentence extends Sentence {
  readonly moods: readonly Phrase<MoodWord>[];
  readonly categories: readonly Phrase<CategoryWeights>[];
  readonly urgencies: readonly Phrase<UrgencyKind>[];
}

const table = new PhraseTable<Says>();
const NOTHING: Says = { mood: undefined, category: undefined, urgency: undefined };
const setAll = (phrases: readonly string[], saysOf: (old: Says) => Says) => {
  for (const phrase of phrases) table.set(phrase, (old = NOTHING) => saysOf(old));
};
const setMoods = (phrases: readonly string[], mood: MoodWord) => setAll(phrases, (old) => ({ ...old, mood }));

for (const [weight, phrases] of MOOD_WORDS) setMoods(phrases.split(", "), { kind: "mood", weight });
for (const [weight, symbols] of MOOD_SYMBOLS) {
  const written = symbols.split(" ").map((symbol) => `=${symbol}`);
  setMoods(written, { kind: "mood", weight });
}
for (const [weight, phrases] of COURTESIES) setMoods(phrases.split(", "), { kind: "courtesy", weight });
setAll(NEEDS.split(", "), (old) => ({ ...old, mood: old.mood ?? { kind: "need", weight: NEED_DENIED } }));
for (const [category, groups] of CATEGORY_WORDS) {
  for (const [weight, phrases] of groups) {
    setAll(phrases.split(", "), (old) => ({ ...old, category: [...(old.category ?? []), [category, weight]] }));
  }
}
for (const [urgency, phrases] of Object.entries({ urgent: URGENT, pressing: PRESSING, patient: PATIENT })) {
  setAll(phrases.split(", "), (old) => ({ ...old, urgency: urgency as UrgencyKind }));
}

/** The longer of two matches; the first of two that are as long. */
const longer = (one: Match<Says> | undefined, other: Match<Says>) => (one && one.length >= other.length ? one : other);

/** Adds a phrase to a list, unless the one before it reaches further than where it begins. */
function add<T>(phrases: Phrase<T>[], says: T | undefined, from: number, length = 0): void {
  if (says !== undefined && from >= (phrases.at(-1)?.to ?? 0)) phrases.push({ says, from, to: from + length });
}

/** Finds the phrases of a sentence: of those that begin with one word, the longest of each list. */
export function marked({ tokens, exclamations, questions }: Sentence): MarkedSentence {
  const moods: Phrase<MoodWord>[] = [];
  const categories: Phrase<CategoryWeights>[] = [];
  const urgencies: Phrase<UrgencyKind>[] = [];
  for (let at = 0; at < tokens.length; at++) {
    let mood: Match<Says> | undefined;
    let category: Match<Says> | undefined;
    let urgency: Match<Says> | undefined;
    for (const match of table.matches(tokens, at)) {
      if (match.value.mood) mood = longer(mood, match);
      if (match.value.category) category = longer(category, match);
      if (match.value.urgency) urgency = longer(urgency, match);
    }
    add(moods, mood?.value.mood, at, mood?.length);
    add(categories, category?.value.category, at, category?.length);
    add(urgencies, urgency?.value.urgency, at, urgency?.length);
  }
  return { tokens, exclamations, questions, moods, categories, urgencies };
}
