// What the mood words of a text say: a weighted lexicon with negation, degrees, "but", capitals, exclamations and courtesy.
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

interface Hit {
  readonly kind: Entry["kind"];
  readonly weight: number;
  /** Index of its first token among all tokens of the text, and of the one after its last. */
  readonly from: number;
  readonly to: number;
}

/** What the mood words of a text say together, and which they are. */
export interface MoodCues {
  /** From -1 to 1. */
  readonly score: number;
  readonly hits: readonly Hit[];
}

/** How many words before a word may negate it: "don't think this is good". */
const NEGATION_SCOPE = 4;
/** Square of the weight that brings the score of one sentence to 0.7, and what each further sentence adds to it. */
const HALF_SURE = 6;
const HALF_SURE_PER_SENTENCE = 1;

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

function hitsOf({ tokens, exclamations, questions }: Sentence, start: number, textIsShouted: boolean): Hit[] {
  const turn = tokens.findLastIndex((token, at) => at > 0 && TURNS.has(token.word));
  const volume = 1 + 0.1 * Math.min(3, exclamations) + (questions > 1 ? 0.1 : 0);
  const hits: Hit[] = [];
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
      hits.push({ kind: match.value.kind, weight, from: start + from, to: start + at + match.length });
    }
    at += match.length;
    if (match.length > 1) spent = at;
  }
  return hits;
}

/** Praise beside blame in one sentence is irony or politeness more often than praise: "great, delayed again". */
function discounted(hits: Hit[]): Hit[] {
  const blame = hits.reduce((sum, { weight }) => sum + Math.min(0, weight), 0);
  if (blame > -1.5) return hits;
  return hits.map((hit) => (hit.weight > 0 ? { ...hit, weight: hit.weight * 0.5 } : hit));
}

const REQUEST = new Set(["please", "pls", "plz", "could", "can", "would", "how"]);

function asksForSomething(sentences: readonly Sentence[]): boolean {
  return sentences.some(({ tokens, questions }) => questions > 0 || tokens.some(({ word }) => REQUEST.has(word)));
}

function withCourtesyWeighed(hits: Hit[], sentences: readonly Sentence[]): Hit[] {
  const complains = hits.some(({ weight }) => weight <= -1);
  const praises = hits.some(({ kind, weight }) => kind === "mood" && weight >= 1);
  if (!complains && (praises || !asksForSomething(sentences))) return hits;
  return hits.map((hit) => (hit.kind === "courtesy" ? { ...hit, weight: hit.weight * 0.3 } : hit));
}

/** The mood words of a text that has been split into sentences; score 0 when it has none. */
export function readMoodCues(sentences: readonly Sentence[]): MoodCues {
  const textIsShouted = sentences.every(({ tokens }) =>
    tokens.every(({ word, shouted }) => shouted || word.length < 2),
  );
  const found: Hit[] = [];
  let start = 0;
  for (const sentence of sentences) {
    found.push(...discounted(hitsOf(sentence, start, textIsShouted)));
    start += sentence.tokens.length;
  }
  const hits = withCourtesyWeighed(found, sentences);
  if (hits.length === 0) return { score: 0, hits };
  const total = hits.reduce((sum, { weight }) => sum + weight, 0);
  const halfSure = HALF_SURE + HALF_SURE_PER_SENTENCE * (sentences.length - 1);
  return { score: total / Math.sqrt(total * total + halfSure), hits };
}
