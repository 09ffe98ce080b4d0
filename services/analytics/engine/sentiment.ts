// The mood of a text by its words: a weighted lexicon with negation, degrees, "but", capitals, exclamations and courtesy.
import { Sentiment } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import type { Mood } from "./engine.ts";
import { type Hit, weightiest, wordsOf } from "./evidence.ts";
import { PhraseTable } from "./phrase-table.ts";
import {
  COURTESIES,
  DEGREES,
  MOOD_SYMBOLS,
  MOOD_WORDS,
  NEED_DENIED,
  NEEDS,
  NEGATORS,
  TURNS,
} from "./sentiment-lexicon.ts";
import type { Sentence, Token } from "./tokens.ts";

interface Entry {
  readonly kind: "mood" | "courtesy" | "need";
  readonly weight: number;
}

interface MoodHit extends Hit {
  readonly kind: Entry["kind"];
}

/** How many words before a word may negate it: "don't think this is good". */
const NEGATION_SCOPE = 4;
/** Scores closer to 0 than this are neutral. */
const NEUTRAL_BAND = 0.25;
/** Square of the weight that brings the score of one sentence to 0.7, and what each further sentence adds to it. */
const HALF_SURE = 6;
const HALF_SURE_PER_SENTENCE = 1;
/** How sure one may be of a neutral mood because no word of the text is known. */
const NOTHING_SPOKE = 0.4;

const table = new PhraseTable<Entry>();
for (const [weight, phrases] of MOOD_WORDS) {
  for (const phrase of phrases.split(", ")) table.add(phrase, { kind: "mood", weight });
}
for (const [weight, symbols] of MOOD_SYMBOLS) {
  for (const symbol of symbols.split(" ")) table.add(`=${symbol}`, { kind: "mood", weight });
}
for (const [weight, phrases] of COURTESIES) {
  for (const phrase of phrases.split(", ")) table.add(phrase, { kind: "courtesy", weight });
}
for (const phrase of NEEDS.split(", ")) table.add(phrase, { kind: "need", weight: NEED_DENIED }, (mood) => mood);

const isNegator = (token: Token) => NEGATORS.has(token.stem) || NEGATORS.has(token.word);

/** Where the word that negates the one at `at` stands, or -1; words before `spent` are part of a phrase already. */
function negatorOf(tokens: readonly Token[], at: number, spent: number): number {
  for (let before = at - 1; before >= Math.max(spent, at - NEGATION_SCOPE); before--) {
    const token = tokens[before] as Token;
    if (token.clause !== tokens[at]?.clause || TURNS.has(token.word)) return -1;
    if (isNegator(token)) return before;
  }
  return -1;
}

function degreeOf(tokens: readonly Token[], at: number, length: number, textIsShouted: boolean): number {
  let degree = 1;
  for (const before of [at - 1, at - 2]) degree *= DEGREES.get(tokens[before]?.word ?? "") ?? 1;
  const span = tokens.slice(at, at + length);
  if (!textIsShouted && span.some(({ shouted }) => shouted)) degree *= 1.25;
  return span.some(({ drawn }) => drawn) ? degree * 1.15 : degree;
}

function turned({ kind, weight }: Entry, negated: boolean): number {
  if (kind === "need") return negated ? weight : 0;
  if (!negated) return weight;
  // "Not bad" is faint praise, "not good" plain blame.
  return weight < 0 ? -0.3 * weight : -0.75 * weight;
}

function hitsOf({ tokens, exclamations, questions }: Sentence, textIsShouted: boolean): MoodHit[] {
  const turn = tokens.findLastIndex((token, at) => at > 0 && TURNS.has(token.word));
  const volume = 1 + 0.1 * Math.min(3, exclamations) + (questions > 1 ? 0.1 : 0);
  const hits: MoodHit[] = [];
  let spent = 0;
  for (let at = 0; at < tokens.length; ) {
    const match = table.match(tokens, at);
    if (!match) {
      at++;
      continue;
    }
    const negator = negatorOf(tokens, at, spent);
    let weight = turned(match.value, negator >= 0) * degreeOf(tokens, at, match.length, textIsShouted) * volume;
    if (turn >= 0) weight *= at < turn ? 0.6 : 1.3;
    const from = negator >= 0 ? negator : at;
    if (weight !== 0) {
      hits.push({ kind: match.value.kind, words: wordsOf(tokens, from, at + match.length - from), weight });
    }
    at += match.length;
    if (match.length > 1) spent = at;
  }
  return hits;
}

/** Praise beside blame in one sentence is irony or politeness more often than praise: "great, delayed again". */
function discounted(hits: MoodHit[]): MoodHit[] {
  const blame = hits.reduce((sum, { weight }) => sum + Math.min(0, weight), 0);
  if (blame > -1.5) return hits;
  return hits.map((hit) => (hit.weight > 0 ? { ...hit, weight: hit.weight * 0.5 } : hit));
}

const REQUEST = new Set(["please", "pls", "plz", "could", "can", "would", "how"]);

function asksForSomething(sentences: readonly Sentence[]): boolean {
  return sentences.some(({ tokens, questions }) => questions > 0 || tokens.some(({ word }) => REQUEST.has(word)));
}

function withCourtesyWeighed(hits: MoodHit[], sentences: readonly Sentence[]): MoodHit[] {
  const complains = hits.some(({ weight }) => weight <= -1);
  const praises = hits.some(({ kind, weight }) => kind === "mood" && weight >= 1);
  if (!complains && (praises || !asksForSomething(sentences))) return hits;
  return hits.map((hit) => (hit.kind === "courtesy" ? { ...hit, weight: hit.weight * 0.3 } : hit));
}

function moodOf(score: number): Sentiment {
  if (Math.abs(score) < NEUTRAL_BAND) return Sentiment.NEUTRAL;
  return score < 0 ? Sentiment.NEGATIVE : Sentiment.POSITIVE;
}

/** Grows with the distance from the edge of the neutral band, and with how much the words agree. */
function confidenceOf(score: number, hits: readonly Hit[]): number {
  if (hits.length === 0) return NOTHING_SPOKE;
  const mass = hits.reduce((sum, { weight }) => sum + Math.abs(weight), 0);
  const agreement = Math.abs(hits.reduce((sum, { weight }) => sum + weight, 0)) / mass;
  const distance = Math.abs(Math.abs(score) - NEUTRAL_BAND);
  if (Math.abs(score) < NEUTRAL_BAND) return 0.35 + 0.6 * distance;
  return Math.min(0.98, 0.45 + 0.5 * distance + 0.15 * agreement);
}

/** The mood of a text that has been split into sentences; neutral with confidence 0 when it has none. */
export function readSentiment(sentences: readonly Sentence[]): Mood {
  if (sentences.length === 0) return { sentiment: Sentiment.NEUTRAL, score: 0, confidence: 0, evidence: [] };
  const textIsShouted = sentences.every(({ tokens }) =>
    tokens.every(({ word, shouted }) => shouted || word.length < 2),
  );
  const found = sentences.flatMap((sentence) => discounted(hitsOf(sentence, textIsShouted)));
  const hits = withCourtesyWeighed(found, sentences);
  const total = hits.reduce((sum, { weight }) => sum + weight, 0);
  const halfSure = HALF_SURE + HALF_SURE_PER_SENTENCE * (sentences.length - 1);
  const score = total / Math.sqrt(total * total + halfSure);
  const sentiment = moodOf(score);
  const spoke = hits.filter(({ weight }) => sentiment === Sentiment.NEUTRAL || weight * score > 0);
  return { sentiment, score, confidence: confidenceOf(score, hits), evidence: weightiest(spoke) };
}
