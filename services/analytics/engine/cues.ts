// What the word lists say of a text, as features with a place of their own.
import { readCategoryCues } from "./category-cues.ts";
import type { FeatureList } from "./features.ts";
import { readMoodCues } from "./mood-cues.ts";
import { type MarkedSentence, marked } from "./phrases.ts";
import type { Sentence, Token } from "./tokens.ts";
import { readUrgencyCues } from "./urgency-cues.ts";

/** How many cues there are: features with a place of their own, which share no bucket. */
export const CUES = 64;

/** The cue that every text has: its weights say how likely each class is before anything is read. */
export const ALWAYS = 0;

/** Places of the cues; those of a category are these plus its number. */
const CUE = {
  always: ALWAYS,
  length: 1,
  exclaimed: 2,
  questions: 3,
  shouted: 4,
  long: 5,
  praise: 10,
  blame: 11,
  noMood: 12,
  praised: 13,
  blamed: 14,
  praisedLast: 15,
  blamedLast: 16,
  praiseAsked: 17,
  blameAsked: 18,
  category: 20,
  categoryShare: 32,
  categoryFirst: 44,
  urgent: 56,
  patient: 57,
  pressing: 58,
} as const;

/** Mood scores further from 0 than this are a mood. */
const MOOD = 0.25;
const LEXICON_GAIN = 1.5;
/** Weight at which the lexicon is half sure of a category. */
const HALF_SURE = 2;

function addMoodCues(cues: FeatureList, sentences: readonly MarkedSentence[], asked: boolean, exclaimed: number): void {
  const { score, hits } = readMoodCues(sentences);
  if (hits.length === 0) cues.add(CUE.noMood, 1);
  if (score === 0) cues.add(CUE.exclaimed, exclaimed);
  const speaking = hits.filter(({ weight }) => weight * score > 0);
  const sum = speaking.reduce((total, { weight }) => total + weight, 0);
  const share = (id: number, value: number) => {
    for (const { weight, from, to } of speaking) cues.add(id, (value * weight) / sum, from, to);
  };
  const size = Math.abs(score);
  share(score > 0 ? CUE.praise : CUE.blame, LEXICON_GAIN * size);
  if (size > MOOD) share(score > 0 ? CUE.praised : CUE.blamed, 1);
  if (asked) share(score > 0 ? CUE.praiseAsked : CUE.blameAsked, size);
  const last = sentences.at(-1);
  if (sentences.length < 2 || !last) return;
  const ending = readMoodCues([last]).score;
  if (ending !== 0) cues.add(ending > 0 ? CUE.praisedLast : CUE.blamedLast, Math.abs(ending));
}

function addCategoryCues(cues: FeatureList, sentences: readonly MarkedSentence[]): void {
  const found = readCategoryCues(sentences);
  const sums = new Map<number, number>();
  for (const { category, weight } of found) sums.set(category, (sums.get(category) ?? 0) + weight);
  let [total, most, first] = [0, 0, 0];
  for (const [category, sum] of sums) {
    total += sum;
    if (sum > most) [most, first] = [sum, category];
  }
  for (const { category, weight, from, to } of found) {
    const sum = sums.get(category) ?? weight;
    cues.add(CUE.category + category, weight / (sum + HALF_SURE), from, to);
    cues.add(CUE.categoryShare + category, (LEXICON_GAIN * weight) / total, from, to);
    if (category === first) cues.add(CUE.categoryFirst + category, weight / sum, from, to);
  }
}

function addUrgencyCues(cues: FeatureList, sentences: readonly MarkedSentence[]): void {
  const found = readUrgencyCues(sentences);
  for (const kind of ["urgent", "pressing", "patient"] as const) {
    const ofKind = found.filter((cue) => cue.kind === kind);
    const value = ofKind.length / (ofKind.length + 0.5);
    for (const { from, to } of ofKind) cues.add(CUE[kind], value / ofKind.length, from, to);
  }
}

/** Adds the cues of a text. */
export function addCues(cues: FeatureList, sentences: readonly Sentence[], tokens: readonly Token[]): void {
  const count = (of: (sentence: Sentence) => number) => sentences.reduce((sum, sentence) => sum + of(sentence), 0);
  const questions = count((sentence) => sentence.questions);
  const shouted = tokens.filter((token) => token.shouted).length;
  cues.add(CUE.always, 1);
  cues.add(CUE.length, Math.log1p(tokens.length) / 6);
  cues.add(CUE.questions, Math.min(1, questions / 2));
  cues.add(CUE.shouted, shouted / Math.max(1, tokens.length));
  if (sentences.length > 4) cues.add(CUE.long, 1);
  const exclaimed = Math.min(1, count(({ exclamations }) => exclamations) / 3);
  const read = sentences.map(marked);
  addMoodCues(cues, read, questions > 0, exclaimed);
  addCategoryCues(cues, read);
  addUrgencyCues(cues, read);
}
