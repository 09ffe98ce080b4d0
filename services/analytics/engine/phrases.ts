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
  readonly mood?: MoodWord;
  readonly category?: CategoryWeights;
  readonly urgency?: UrgencyKind;
}

/** A phrase in a sentence, and what it says. */
export interface Phrase<T> {
  readonly says: T;
  /** Index of its first token in the sentence, and of the one after its last. */
  readonly from: number;
  readonly to: number;
}

/** A sentence with the phrases of each list, one after the other: none begins before the one before it ends. */
export interface MarkedSentence extends Sentence {
  readonly mood: readonly Phrase<MoodWord>[];
  readonly category: readonly Phrase<CategoryWeights>[];
  readonly urgency: readonly Phrase<UrgencyKind>[];
}

const table = new PhraseTable<Says>();
const setAll = (phrases: readonly string[], saysOf: (old: Says | undefined) => Says) => {
  for (const phrase of phrases) table.set(phrase, saysOf);
};
const setMoods = (phrases: readonly string[], mood: MoodWord) => setAll(phrases, (old) => ({ ...old, mood }));

for (const [weight, phrases] of MOOD_WORDS) setMoods(phrases.split(", "), { kind: "mood", weight });
for (const [weight, symbols] of MOOD_SYMBOLS) {
  const written = symbols.split(" ").map((symbol) => `=${symbol}`);
  setMoods(written, { kind: "mood", weight });
}
for (const [weight, phrases] of COURTESIES) setMoods(phrases.split(", "), { kind: "courtesy", weight });
setAll(NEEDS.split(", "), (old) => ({ mood: { kind: "need", weight: NEED_DENIED }, ...old }));
for (const [category, groups] of CATEGORY_WORDS) {
  for (const [weight, phrases] of groups) {
    setAll(phrases.split(", "), (old) => ({ ...old, category: [...(old?.category ?? []), [category, weight]] }));
  }
}
for (const [urgency, phrases] of Object.entries({ urgent: URGENT, pressing: PRESSING, patient: PATIENT })) {
  setAll(phrases.split(", "), (old) => ({ ...old, urgency: urgency as UrgencyKind }));
}

/** Adds the longest phrase at a token that says something to a list, unless the one before it reaches further. */
function addLongest<List extends keyof Says>(
  found: Phrase<NonNullable<Says[List]>>[],
  list: List,
  from: number,
  matches: readonly Match<Says>[],
): void {
  if (from < (found.at(-1)?.to ?? 0)) return;
  let longest: Match<Says> | undefined;
  for (const match of matches) {
    if (match.value[list] !== undefined && match.length > (longest?.length ?? 0)) longest = match;
  }
  const says = longest?.value[list];
  if (longest && says) found.push({ says, from, to: from + longest.length });
}

/** Finds the phrases of a sentence. */
export function marked({ tokens, exclamations, questions }: Sentence): MarkedSentence {
  const mood: Phrase<MoodWord>[] = [];
  const category: Phrase<CategoryWeights>[] = [];
  const urgency: Phrase<UrgencyKind>[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const matches = table.matches(tokens, at);
    if (matches.length === 0) continue;
    addLongest(mood, "mood", at, matches);
    addLongest(category, "category", at, matches);
    addLongest(urgency, "urgency", at, matches);
  }
  return { tokens, exclamations, questions, mood, category, urgency };
}
