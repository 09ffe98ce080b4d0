// The language of a text: by its script, or by its commonest words and letters.

import { COMMON_WORDS, LETTERS, SCRIPTS } from "./language-words.ts";
import { listed } from "./lexemes.ts";
import type { Token } from "./tokens.ts";

/** Words that are looked at: more make no difference. */
const MAX_WORDS = 200;
const LANGUAGES = Object.keys(COMMON_WORDS);
for (const [language, words] of Object.values(COMMON_WORDS).entries()) {
  for (const word of words.split(" ")) listed(word).languages = [...listed(word).languages, language];
}

/** What a letter that only some languages use counts, beside a word. */
const LETTER_WEIGHT = 0.5;
/** Part of the words that must speak for a language. */
const ENOUGH = 0.12;
/** How many times more must speak for it than for the next. */
const CLEARLY = 1.25;

/** Letters and digits that tell no language by themselves. */
const PLAIN = /^[a-z0-9]*$/;

function beginsWithLetter({ word }: Token): boolean {
  const code = word.charCodeAt(0);
  return code < 128 ? (code | 32) >= 97 && (code | 32) <= 122 : /^\p{L}/u.test(word);
}

function scriptOf(tokens: readonly Token[]): string | undefined {
  const letters = tokens.map(({ word }) => word).join("");
  return SCRIPTS.find(([, script, part]) => (letters.match(script)?.length ?? 0) > letters.length * part)?.[0];
}

/** What speaks for each language: used for one text after the other. */
const votes = new Float64Array(LANGUAGES.length);

function vote(language: number, weight: number): void {
  votes[language] = (votes[language] as number) + weight;
}

/** A word that several languages share counts less: one that n languages have counts 1 / n. */
function voteFor({ word, written: { languages } }: Token): void {
  for (const language of languages) vote(language, 1 / languages.length);
  if (languages.length > 0 || PLAIN.test(word)) return;
  for (const [letters, their] of LETTERS) {
    if (letters.test(word))
      for (const language of their) vote(LANGUAGES.indexOf(language), LETTER_WEIGHT / their.length);
  }
}

/** The language that enough of so many words speak for, and clearly more than for any other. */
function elected(words: number): string {
  let [most, next, best] = [0, 0, 0];
  for (let language = 0; language < votes.length; language++) {
    const count = votes[language] as number;
    if (count > most) [most, next, best] = [count, most, language];
    else if (count > next) next = count;
  }
  const isClear = most >= Math.max(0.5, words * ENOUGH) && most >= next * CLEARLY;
  return isClear ? (LANGUAGES[best] as string) : "und";
}

/**
 * The language of a text as a BCP 47 tag (RFC 5646), such as `en`; `und` (section 4.1) where its words do not tell one
 * clearly. Names, addresses and numbers tell none.
 */
export function readLanguage(tokens: readonly Token[]): string {
  const read: Token[] = [];
  let isAscii = true;
  votes.fill(0);
  for (let at = 0; at < tokens.length && at < MAX_WORDS; at++) {
    const token = tokens[at] as Token;
    if (!beginsWithLetter(token)) continue;
    read.push(token);
    isAscii &&= token.ascii;
    voteFor(token);
  }
  return (isAscii ? undefined : scriptOf(read)) ?? elected(read.length);
}
