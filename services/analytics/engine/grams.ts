// The words of a text, pairs of words and parts of words, hashed.
import type { FeatureList } from "./features.ts";
import type { Sentence, Token } from "./tokens.ts";

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
const SPACE = 32;
const UNDERSCORE = 95;
/** One step of FNV-1a, by a UTF-16 code unit. */
const stepped = (hash: number, code: number) => Math.imul(hash ^ code, 0x01000193);

/** The last steps of MurmurHash3's finish, which spread a hash to the upper bits. */
function finished(hash: number): number {
  const half = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  const whole = Math.imul(half ^ (half >>> 13), 0xc2b2ae35);
  return whole ^ (whole >>> 16);
}

/** The code unit of a character; that of 0 for all digits. */
function codeAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code > 48 && code < 58 ? 48 : code;
}

function hashed(hash: number, text: string): number {
  let next = hash;
  for (let at = 0; at < text.length; at++) next = stepped(next, codeAt(text, at));
  return next;
}

const plain = ({ word, drawn }: Token) => (drawn ? word.replace(/(\p{L})\1+/gu, "$1") : word);

/** Of each character of a word, with a mark before and after it, its code unit, and the hash of what begins there. No word is longer. */
const codes = new Int32Array(256);
const hashes = new Int32Array(256);

/** Reads the hashed features of a text, sentence by sentence. */
export class Grams {
  readonly #list: FeatureList;
  readonly #sizes: [number, number, number] = [0, 0, 0];

  /** @param list takes the features; empty */
  constructor(list: FeatureList) {
    this.#list = list;
  }

  #add(group: typeof WORDS | typeof PAIRS, id: number, value: number, from: number, to: number): void {
    this.#list.add(id, value, from, to, group);
    this.#sizes[group]++;
  }

  /** @param start index of the sentence's first token among all of the text */
  read({ tokens, questions }: Sentence, start: number): void {
    const turn = turnOf(tokens);
    let pair = hashed(BASIS ^ KIND.pair, "^ ");
    let isFirst = true;
    let negator = -1;
    for (let index = 0; index < tokens.length; index++) {
      const token = tokens[index] as Token;
      if (token.word === "") continue;
      const at = start + index;
      const negated = negator >= 0 && index - negator <= NEGATION_SCOPE && token.clause === tokens[negator]?.clause;
      const weight = index < turn ? BEFORE_TURN : 1;
      const { stem } = token;
      const { negates } = token.inflected;
      const value = negated && !negates ? weight * NEGATED : weight;
      const word = plain(token);
      this.#add(WORDS, finished(hashed(BASIS ^ KIND.word, word)), value, at, at + 1);
      if (stem !== word) this.#add(WORDS, finished(hashed(BASIS ^ KIND.stem, stem)), value, at, at + 1);
      if (negates) negator = index;
      else if (negated) {
        this.#add(WORDS, finished(hashed(BASIS ^ KIND.negated, stem)), weight, start + negator, at + 1);
      }
      this.#add(PAIRS, finished(hashed(pair, stem)), weight, isFirst ? at : at - 1, at + 1);
      pair = stepped(hashed(BASIS ^ KIND.pair, stem), SPACE);
      isFirst = false;
      this.#addParts(word, value, at);
    }
    const last = start + tokens.length;
    this.#add(PAIRS, finished(hashed(pair, "$")), 1, last - 1, last);
    if (questions > 0) this.#add(WORDS, finished(hashed(BASIS ^ KIND.end, "?")), 1, 0, 0);
  }

  /** A part's hash is that of the shorter one before it and one step more; all of a length stand together. */
  #addParts(word: string, value: number, at: number): void {
    const [units, next, list] = [codes, hashes, this.#list];
    const size = word.length + 2;
    units[0] = UNDERSCORE;
    for (let from = 1; from < size - 1; from++) units[from] = codeAt(word, from - 1);
    units[size - 1] = UNDERSCORE;
    for (let from = 0; from < size - 1; from++) {
      next[from] = stepped(stepped(BASIS ^ KIND.part, units[from] as number), units[from + 1] as number);
    }
    list.reserve(MAX_PART * size);
    const { ids, count } = list;
    let end = count;
    for (let length = MIN_PART; length <= MAX_PART; length++) {
      for (let from = 0; from + length <= size; from++) {
        const hash = stepped(next[from] as number, units[from + length - 1] as number);
        next[from] = hash;
        ids[end++] = finished(hash);
      }
    }
    list.addRun(end - count, value, at, at + 1, PARTS);
    this.#sizes[PARTS] += end - count;
  }

  /** Divides the values by the root of the number of their kind, so that a long text weighs no more than a short one. */
  weigh(): void {
    const { values, groups, runs } = this.#list;
    const factors = GROUP_LENGTHS.map((length, group) => length / Math.sqrt(Math.max(1, this.#sizes[group] ?? 0)));
    for (let run = 0; run < runs; run++) {
      values[run] = (values[run] as number) * (factors[groups[run] as number] as number);
    }
  }
}

/** Where the last "but" of a sentence stands, its first word left out; -1 for none. */
function turnOf(tokens: readonly Token[]): number {
  let at = tokens.length - 1;
  while (at > 0 && !(tokens[at] as Token).written.turns) at--;
  return at > 0 ? at : -1;
}
