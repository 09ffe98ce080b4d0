// The words that spoke for an answer, as a person would read them, out of what a model gave each of them.
import { listed } from "./lexemes.ts";
import type { Spoken } from "./linear-model.ts";
import type { Token } from "./tokens.ts";

const MAX_EVIDENCE = 8;
const MAX_PHRASE = 4;
/** Words that weigh less than this part of the weightiest are not worth a mention. */
const WORTH_A_MENTION = 0.15;
/** Part of the weightiest word from which a word belongs to the one before it, though it says nothing itself: "not happy". */
const CLOSELY_TIED = 0.35;
/** Words that tell nothing on their own, whatever a model makes of them. */
const FILLERS =
  "a an the and or of to in on at for from by with as is are was were be been am it its this that these those i you he she we they me my your our his her their him them us";
for (const word of FILLERS.split(" ")) listed(word).fills = true;

interface Phrase {
  readonly words: string;
  weight: number;
}

const isFiller = (token: Token | undefined) => token?.written.fills === true;

function phrasesOf(tokens: readonly Token[], { words, ties }: Spoken): Phrase[] {
  let top = 0;
  for (let at = 0; at < tokens.length; at++) if ((words[at] as number) > top) top = words[at] as number;
  const enough = top * WORTH_A_MENTION;
  const speaks = (at: number) => (words[at] as number) > enough;
  /** Whether a word belongs to the one before it, which negates it or is tied to it closely for the one that speaks. */
  const belongs = (at: number, speaking: number) =>
    tokens[at]?.clause === tokens[at - 1]?.clause &&
    (tokens[at - 1]?.inflected.negates === true ||
      (ties[at] as number) > (speaks(at) && speaks(at - 1) ? enough : (words[speaking] as number) * CLOSELY_TIED));
  const phrases: Phrase[] = [];
  for (let at = 0, end = 0; at < tokens.length; at = Math.max(at + 1, end)) {
    if (!speaks(at)) continue;
    let from = at;
    while (from > end && from > at - 2 && belongs(from, from)) from--;
    end = at + 1;
    while (end < tokens.length && end - from < MAX_PHRASE && belongs(end, end - 1)) end++;
    while (from < end && isFiller(tokens[from]) && (end - from < 2 || !belongs(from + 1, from + 1))) from++;
    let to = end;
    while (to > from && isFiller(tokens[to - 1])) to--;
    let phrase = "";
    let weight = 0;
    for (let token = from; token < to; token++) {
      const word = tokens[token]?.word ?? "";
      phrase += phrase !== "" && word !== "" ? ` ${word}` : word;
      weight += words[token] as number;
    }
    if (phrase !== "") phrases.push({ words: phrase, weight: Math.max(0, weight) });
  }
  return phrases;
}

/** A piece of a string keeps the whole string in memory; evidence outlives the text that it is from. */
const copyOf = (words: string) => Buffer.from(words).toString();

/** Up to eight different words or phrases that spoke for an answer, the weightiest first. */
export function evidenceOf(tokens: readonly Token[], spoken: Spoken): string[] {
  const different = new Map<string, Phrase>();
  for (const phrase of phrasesOf(tokens, spoken)) {
    const same = different.get(phrase.words);
    if (!same) different.set(phrase.words, phrase);
    else if (same.weight < phrase.weight) same.weight = phrase.weight;
  }
  const ranked: Phrase[] = [];
  for (const phrase of different.values()) {
    let place = ranked.length;
    for (; place > 0 && (ranked[place - 1] as Phrase).weight < phrase.weight; place--) {
      ranked[place] = ranked[place - 1] as Phrase;
    }
    ranked[place] = phrase;
    if (ranked.length > MAX_EVIDENCE) ranked.pop();
  }
  return ranked.map(({ words }) => copyOf(words));
}
