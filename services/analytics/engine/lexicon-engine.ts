// The engine that reads by hand-written word lists: no model, no network, a fraction of a millisecond a text.
import { readCategory } from "./categories.ts";
import { withClassBias } from "./class-bias.ts";
import type { LearningEngine } from "./engine.ts";
import { readLanguage } from "./language.ts";
import { ownWords } from "./own-words.ts";
import { readSentiment } from "./sentiment.ts";
import { sentencesOf } from "./tokens.ts";
import { readUrgency } from "./urgency.ts";

/** Part of unreadable characters (control characters, U+FFFD) from which a text is taken for binary data. */
const BINARY_PART = 0.1;

function isBinary(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  const unreadable = text.match(/[\u0000-\u0008\u000e-\u001f\ufffd]/g)?.length ?? 0;
  return unreadable > text.length * BINARY_PART;
}

/** Reads English support texts by words, phrases, emoji and emoticons. Pure; linear in the length of the text. */
export const lexiconEngine: LearningEngine = withClassBias({
  name: "lexicon/2",
  analyze(text) {
    const own = isBinary(text) ? "" : ownWords(text);
    const sentences = sentencesOf(own);
    const sentiment = readSentiment(sentences);
    return {
      sentiment,
      categorization: readCategory(sentences, sentiment),
      urgency: readUrgency(own),
      language: readLanguage(own),
    };
  },
});
