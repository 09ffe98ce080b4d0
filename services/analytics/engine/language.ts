// The language of a text by its commonest words: told for English only.

const ENGLISH = new Set(
  "the and you that was for are with this have not but they from what can your will would there been when who them i my is it to of in a on me we please how do does".split(
    " ",
  ),
);
/** Part of the words that must be among the commonest, and how many words are looked at. */
const ENGLISH_PART = 0.2;
const MAX_WORDS = 400;

/** `en`, or `und` where it cannot be told (RFC 5646, section 2.2.1). */
export function readLanguage(text: string): string {
  const words = (
    text
      .slice(0, MAX_WORDS * 10)
      .toLowerCase()
      .match(/\p{L}+/gu) ?? []
  ).slice(0, MAX_WORDS);
  const english = words.filter((word) => ENGLISH.has(word)).length;
  return english > 0 && english >= words.length * ENGLISH_PART ? "en" : "und";
}
