// What the models see of a text: its words, pairs of words and parts of words, hashed, and what the word lists say of it.
import { readCategoryCues } from "./category-cues.ts";
import { readMoodCues } from "./mood-cues.ts";
import { NEGATORS, TURNS } from "./sentiment-lexicon.ts";
import type { Sentence, Token } from "./tokens.ts";
import { readUrgencyCues } from "./urgency-cues.ts";

/** How many cues there are: features with a place of their own, which share no bucket. */
export const CUES = 64;

/** The cue that every text has: its weights say how likely each class is before anything is read. */
export const ALWAYS = 0;

/** Features with values, each with the tokens it was read from. */
export class Features {
  readonly ids: number[] = [];
  readonly values: number[] = [];
  readonly from: number[] = [];
  readonly to: number[] = [];

  /** Adds one that stands at tokens `from` up to `to`, `to` not included; one of the whole text stands at none. */
  add(id: number, value: number, from = 0, to = from): void {
    this.ids.push(id);
    this.values.push(value);
    this.from.push(from);
    this.to.push(to);
  }
}

/** A text as the models see it. */
export interface Seen {
  readonly tokens: readonly Token[];
  /** Ids are 32-bit hashes; a model takes as many of the upper bits as it has buckets for. */
  readonly grams: Features;
  /** Ids are below CUES. */
  readonly cues: Features;
}

const KIND = { word: 1, stem: 2, negated: 3, pair: 4, part: 5, end: 6 } as const;
/** Length of the vectors of words, of pairs and of parts of words: what each kind may say in all, however long the text. */
const GROUP_LENGTHS = [1, 0.7, 0.35] as const;
const WORDS = 0;
const PAIRS = 1;
const PARTS = 2;
const MIN_PART = 3;
const MAX_PART = 5;
/** How many words after a negator count as negated. */
const NEGATION_SCOPE = 4;
/** What a word counts by itself that stands before a "but" in its sentence, or is negated. */
const BEFORE_TURN = 0.5;
const NEGATED = 0.5;

const BASIS = 0x811c9dc5;
/** One step of FNV-1a, by a UTF-16 code unit. */
const stepped = (hash: number, code: number) => Math.imul(hash ^ code, 0x01000193);

/** The last steps of MurmurHash3's finish, which spread a hash to the upper bits. */
function finished(hash: number): number {
  const half = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  const whole = Math.imul(half ^ (half >>> 13), 0xc2b2ae35);
  return (whole ^ (whole >>> 16)) >>> 0;
}

function hashOf(kind: number, text: string): number {
  let hash = BASIS ^ kind;
  for (let at = 0; at < text.length; at++) hash = stepped(hash, text.charCodeAt(at));
  return finished(hash);
}

const DIGIT = /\d/;
const withoutDigits = (word: string) => (DIGIT.test(word) ? word.replace(/\d/g, "0") : word);
const plain = ({ word, drawn }: Token) => withoutDigits(drawn ? word.replace(/(\p{L})\1+/gu, "$1") : word);

class Grams {
  readonly features = new Features();
  readonly #groups: number[] = [];
  readonly #sizes = [0, 0, 0];

  #add(group: number, id: number, value: number, from?: number, to?: number): void {
    this.features.add(id, value, from, to);
    this.#groups.push(group);
    this.#sizes[group] = (this.#sizes[group] as number) + 1;
  }

  read({ tokens, questions }: Sentence, start: number): void {
    const turn = tokens.findLastIndex(({ word }, at) => at > 0 && TURNS.has(word));
    let before = "^";
    let negator = -1;
    tokens.forEach((token, index) => {
      if (token.word === "") return;
      const at = start + index;
      const negated = negator >= 0 && index - negator <= NEGATION_SCOPE && token.clause === tokens[negator]?.clause;
      const weight = index < turn ? BEFORE_TURN : 1;
      const value = negated && !NEGATORS.has(token.stem) ? weight * NEGATED : weight;
      const word = plain(token);
      const stem = withoutDigits(token.stem);
      this.#add(WORDS, hashOf(KIND.word, word), value, at, at + 1);
      if (stem !== word) this.#add(WORDS, hashOf(KIND.stem, stem), value, at, at + 1);
      if (NEGATORS.has(token.stem)) negator = index;
      else if (negated) this.#add(WORDS, hashOf(KIND.negated, stem), weight, start + negator, at + 1);
      this.#add(PAIRS, hashOf(KIND.pair, `${before} ${stem}`), weight, before === "^" ? at : at - 1, at + 1);
      before = stem;
      this.#addParts(`_${word}_`, value, at);
    });
    const last = start + tokens.length;
    this.#add(PAIRS, hashOf(KIND.pair, `${before} $`), 1, last - 1, last);
    if (questions > 0) this.#add(WORDS, hashOf(KIND.end, "?"), 1);
  }

  /** A part's hash is that of the shorter one before it and one step more; all of a length stand together. */
  #addParts(padded: string, value: number, at: number): void {
    const size = padded.length;
    const hashes = new Array<number>(size).fill(BASIS ^ KIND.part);
    for (let length = 1; length <= MAX_PART; length++) {
      for (let from = 0; from + length <= size; from++) {
        const hash = stepped(hashes[from] as number, padded.charCodeAt(from + length - 1));
        hashes[from] = hash;
        if (length >= MIN_PART) this.#add(PARTS, finished(hash), value, at, at + 1);
      }
    }
  }

  /** Divides the values by the root of the number of their kind, so that a long text weighs no more than a short one. */
  weigh(): Features {
    const { values } = this.features;
    const factors = GROUP_LENGTHS.map((length, group) => length / Math.sqrt(Math.max(1, this.#sizes[group] as number)));
    for (let at = 0; at < values.length; at++) {
      values[at] = (values[at] as number) * (factors[this.#groups[at] as number] as number);
    }
    return this.features;
  }
}

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

function addMoodCues(cues: Features, sentences: readonly Sentence[], asked: boolean, exclaimed: number): void {
  const { score, hits } = readMoodCues(sentences);
  if (hits.length === 0) cues.add(CUE.noMood, 1);
  if (score === 0) cues.add(CUE.exclaimed, exclaimed);
  const share = (id: number, value: number, of: typeof hits) => {
    const speaking = of.filter(({ weight }) => weight * score > 0);
    const sum = speaking.reduce((total, { weight }) => total + weight, 0);
    for (const { weight, from, to } of speaking) cues.add(id, (value * weight) / sum, from, to);
  };
  const size = Math.abs(score);
  share(score > 0 ? CUE.praise : CUE.blame, LEXICON_GAIN * size, hits);
  if (size > MOOD) share(score > 0 ? CUE.praised : CUE.blamed, 1, hits);
  if (asked) share(score > 0 ? CUE.praiseAsked : CUE.blameAsked, size, hits);
  const last = sentences.at(-1);
  if (sentences.length < 2 || !last) return;
  const ending = readMoodCues([last]).score;
  if (ending !== 0) cues.add(ending > 0 ? CUE.praisedLast : CUE.blamedLast, Math.abs(ending));
}

function addCategoryCues(cues: Features, sentences: readonly Sentence[]): void {
  const found = readCategoryCues(sentences);
  const sums = new Map<number, number>();
  for (const { category, weight } of found) sums.set(category, (sums.get(category) ?? 0) + weight);
  const total = [...sums.values()].reduce((sum, weight) => sum + weight, 0);
  const most = Math.max(...sums.values());
  const first = [...sums].find(([, sum]) => sum === most)?.[0];
  for (const { category, weight, from, to } of found) {
    const sum = sums.get(category) ?? weight;
    cues.add(CUE.category + category, weight / (sum + HALF_SURE), from, to);
    cues.add(CUE.categoryShare + category, (LEXICON_GAIN * weight) / total, from, to);
    if (category === first) cues.add(CUE.categoryFirst + category, weight / sum, from, to);
  }
}

function addUrgencyCues(cues: Features, sentences: readonly Sentence[]): void {
  const found = readUrgencyCues(sentences);
  for (const kind of ["urgent", "pressing", "patient"] as const) {
    const ofKind = found.filter((cue) => cue.kind === kind);
    const value = ofKind.length / (ofKind.length + 0.5);
    for (const { from, to } of ofKind) cues.add(CUE[kind], value / ofKind.length, from, to);
  }
}

function cuesOf(sentences: readonly Sentence[], tokens: readonly Token[]): Features {
  const cues = new Features();
  const count = (of: (sentence: Sentence) => number) => sentences.reduce((sum, sentence) => sum + of(sentence), 0);
  const questions = count((sentence) => sentence.questions);
  const shouted = tokens.filter((token) => token.shouted).length;
  cues.add(CUE.always, 1);
  cues.add(CUE.length, Math.log1p(tokens.length) / 6);
  cues.add(CUE.questions, Math.min(1, questions / 2));
  cues.add(CUE.shouted, shouted / Math.max(1, tokens.length));
  if (sentences.length > 4) cues.add(CUE.long, 1);
  const exclaimed = Math.min(1, count(({ exclamations }) => exclamations) / 3);
  addMoodCues(cues, sentences, questions > 0, exclaimed);
  addCategoryCues(cues, sentences);
  addUrgencyCues(cues, sentences);
  return cues;
}

/** What the models see of a text that has been split into sentences. Linear in its length. */
export function see(sentences: readonly Sentence[]): Seen {
  const tokens = sentences.flatMap((sentence) => sentence.tokens);
  const grams = new Grams();
  let start = 0;
  for (const sentence of sentences) {
    grams.read(sentence, start);
    start += sentence.tokens.length;
  }
  return { tokens, grams: grams.weigh(), cues: cuesOf(sentences, tokens) };
}
