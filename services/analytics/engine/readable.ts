// The part of a text that can be read.
import { ownWords } from "./own-words.ts";
import { type Sentence, sentencesOf } from "./tokens.ts";

/** Part of unreadable characters (control characters, U+FFFD) from which a text is taken for binary data. */
const BINARY_PART = 0.1;

function isBinary(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  const unreadable = text.match(/[\u0000-\u0008\u000e-\u001f\ufffd]/g)?.length ?? 0;
  return unreadable > text.length * BINARY_PART;
}

/** The sentences that the writer of a text wrote: none for binary data, quoted mail and signatures left out. */
export function readable(text: string): Sentence[] {
  return isBinary(text) ? [] : sentencesOf(ownWords(text));
}
