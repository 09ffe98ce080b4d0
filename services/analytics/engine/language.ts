// The language of a text: by its script, or by its commonest words and letters.
import { COMMON_WORDS, LETTERS, SCRIPTS } from "./language-words.ts";

/** Words that are looked at: more make no difference. */
const MAX_WORDS = 200;
/** A word that several languages share counts less: one that n languages have counts 1 / n. */
const weights = new Map<string, [language: string, weight: number][]>();
for (const [language, list] of Object.entries(COMMON_WORDS)) {
  for (const word of list.split(" ")) weights.set(word, [...(weights.get(word) ?? []), [language, 1]]);
}
for (const votes of weights.values()) for (const vote of votes) vote[1] = 1 / votes.length;

/** What a letter that only some languages use counts, beside a word. */
const LETTER_WEIGHT = 0.5;
/** Part of the words that must speak for a language. */
const ENOUGH = 0.12;
/** How many times more must speak for it than for the next. */
const CLEARLY = 1.25;

/** Letters and digits that tell no language by themselves. */
const PLAIN = /^[a-z0-9]*$/;

function beginsWithLetter(word: string): boolean {
  const code = word.charCodeAt(0);
  return code < 128 ? (code | 32) >= 97 && (code | 32) <= 122 : /^\p{L}/u.test(word);
}

function scriptOf(words: readonly string[]): string | undefined {
  const letters = words.join("");
  if (PLAIN.test(letters)) return undefined;
  return SCRIPTS.find(([, script, part]) => (letters.match(script)?.length ?? 0) > letters.length * part)?.[0];
}

function votesOf(words: readonly string[]): [language: string, votes: number][] {
  const votes = new Map<string, number>();
  const vote = (language: string, weight: number) => votes.set(language, (votes.get(language) ?? 0) + weight);
  for (const word of words) {
    const known = weights.get(word);
    for (const [language, weight] of known ?? []) vote(language, weight);
    if (known || PLAIN.test(word)) continue;
    for (const [letters, languages] of LETTERS) {
      if (letters.test(word)) for (const language of languages) vote(language, LETTER_WEIGHT / languages.length);
    }
  }
  return [...votes].sort(([, a], [, b]) => b - a);
}

/**
 * The language of a text as a BCP 47 tag (RFC 5646), such as `en`; `und` (section 4.1) where its words do not tell one
 * clearly. Names, addresses and numbers tell none.
 */
export function readLanguage(words: readonly string[]): string {
  const read = words.slice(0, MAX_WORDS).filter(beginsWithLetter);
  const script = scriptOf(read);
  if (script) return script;
  const [[language, most] = ["und", 0], [, next] = ["und", 0]] = votesOf(read);
  return most >= Math.max(0.5, read.length * ENOUGH) && most >= next * CLEARLY ? language : "und";
}
