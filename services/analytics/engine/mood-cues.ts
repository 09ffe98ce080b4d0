// What the mood words of a text say: a weighted lexicon with negation, degrees, "but", capitals, exclamations and courtesy.
import { listed } from "./lexemes.ts";
import type { MarkedSentence, MoodWord } from "./phrases.ts";
import type { Sentence, Token } from "./tokens.ts";

interface Hit {
  readonly kind: MoodWord["kind"];
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

for (const word of ["please", "pls", "plz", "could", "can", "would", "how"]) listed(word).asks = true;

/** Where the word that negates the one at `at` stands, or -1; words before `spent` are part of a phrase already. */
function negatorOf(tokens: readonly Token[], at: number, spent: number): number {
  for (let before = at - 1; before >= Math.max(spent, at - NEGATION_SCOPE); before--) {
    const token = tokens[before] as Token;
    if (token.clause !== tokens[at]?.clause || token.written.turns) return -1;
    if (token.inflected.negates || token.written.negates) return before;
  }
  return -1;
}

function degreeOf(tokens: readonly Token[], from: number, to: number, textIsShouted: boolean): number {
  let degree = (tokens[from - 1]?.written.degree ?? 1) * (tokens[from - 2]?.written.degree ?? 1);
  let [shouted, drawn] = [false, false];
  for (let at = from; at < to; at++) {
    shouted ||= (tokens[at] as Token).shouted;
    drawn ||= (tokens[at] as Token).drawn;
  }
  if (!textIsShouted && shouted) degree *= 1.25;
  return drawn ? degree * 1.15 : degree;
}

function turned({ kind, weight }: MoodWord, negated: boolean): number {
  if (kind === "need") return negated ? weight : 0;
  if (!negated) return weight;
  // "Not bad" is faint praise, "not good" plain blame.
  return weight < 0 ? -0.3 * weight : -0.75 * weight;
}

function hitsOf(
  { tokens, exclamations, questions, moods }: MarkedSentence,
  start: number,
  textIsShouted: boolean,
): Hit[] {
  const turn = tokens.findLastIndex(({ written }, at) => at > 0 && written.turns);
  const volume = 1 + 0.1 * Math.min(3, exclamations) + (questions > 1 ? 0.1 : 0);
  const hits: Hit[] = [];
  let spent = 0;
  for (const { says, from, to } of moods) {
    const negator = negatorOf(tokens, from, spent);
    let weight = turned(says, negator >= 0) * degreeOf(tokens, from, to, textIsShouted) * volume;
    if (turn >= 0) weight *= from < turn ? 0.6 : 1.3;
    if (weight !== 0) {
      hits.push({ kind: says.kind, weight, from: start + (negator >= 0 ? negator : from), to: start + to });
    }
    if (to - from > 1) spent = to;
  }
  return hits;
}

/** Praise beside blame in one sentence is irony or politeness more often than praise: "great, delayed again". */
function discounted(hits: Hit[]): Hit[] {
  const blame = hits.reduce((sum, { weight }) => sum + Math.min(0, weight), 0);
  if (blame > -1.5) return hits;
  return hits.map((hit) => (hit.weight > 0 ? { ...hit, weight: hit.weight * 0.5 } : hit));
}

function asksForSomething(sentences: readonly Sentence[]): boolean {
  return sentences.some(({ tokens, questions }) => questions > 0 || tokens.some(({ written }) => written.asks));
}

function withCourtesyWeighed(hits: Hit[], sentences: readonly Sentence[]): Hit[] {
  const complains = hits.some(({ weight }) => weight <= -1);
  const praises = hits.some(({ kind, weight }) => kind === "mood" && weight >= 1);
  if (!complains && (praises || !asksForSomething(sentences))) return hits;
  return hits.map((hit) => (hit.kind === "courtesy" ? { ...hit, weight: hit.weight * 0.3 } : hit));
}

/** What the mood words of sentences say; score 0 when there are none. */
export function readMoodCues(sentences: readonly MarkedSentence[]): MoodCues {
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
