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
  if (tokens.every(({ ascii }) => ascii)) return undefined;
  const letters = tokens.map(({ word }) => word).join("");
  return SCRIPTS.find(([, script, part]) => (letters.match(script)?.length ?? 0) > letters.length * part)?.[0];
}

/** What speaks for each language. */
function votesOf(tokens: readonly Token[]): number[] {
  const votes = LANGUAGES.map(() => 0);
  const vote = (language: number, weight: number) => {
    votes[language] = (votes[language] as number) + weight;
  };
  for (const { word, written } of tokens) {
    const { languages } = written;
    // A word that several languages share counts less: one that n languages have counts 1 / n.
    for (const language of languages) vote(language, 1 / languages.length);
    if (languages.length > 0 || PLAIN.test(word)) continue;
    for (const [letters, of] of LETTERS) {
      if (letters.test(word)) for (const language of of) vote(LANGUAGES.indexOf(language), LETTER_WEIGHT / of.length);
    }
  }
  return votes;
}

/**
 * The language of a text as a BCP 47 tag (RFC 5646), such as `en`; `und` (section 4.1) where its words do not tell one
 * clearly. Names, addresses and numbers tell none.
 */
export function readLanguage(tokens: readonly Token[]): string {
  const read = tokens.slice(0, MAX_WORDS).filter(beginsWithLetter);
  const script = scriptOf(read);
  if (script) return script;
  let [most, next, best] = [0, 0, 0];
  for (const [language, votes] of votesOf(read).entries()) {
    if (votes > most) [most, next, best] = [votes, most, language];
    else if (votes > next) next = votes;
  }
  const told = most >= Math.max(0.5, read.length * ENOUGH) && most >= next * CLEARLY;
  return told ? (LANGUAGES[best] as string) : "und";
}
