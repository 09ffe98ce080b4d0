// Characters that nobody sees and machines read.

// The flags of England, Scotland and Wales: the only tag sequences that Unicode recommends (UTS #51, RGI).
const TAG_FLAGS = ["gbeng", "gbsct", "gbwls"].map((region) => {
  const tags = [...region].map((letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0)));
  return `\u{1F3F4}${tags.join("")}\u{E007F}`;
});

const FLAG = TAG_FLAGS.join("|");
// A joiner does its work between letters and marks of scripts that have joining, or between emoji; elsewhere it only hides.
const JOINED = "[\\p{L}\\p{M}\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\u{1F1E6}-\\u{1F1FF}]";
const JOINER = `(?<=[^\\x00-\\x7f])(?<=${JOINED})[\\u200C\\u200D](?=[^\\x00-\\x7f])(?=${JOINED})`;
// Text or emoji style after a symbol, digit, # or *; a glyph variant after an ideograph.
const VARIATION = "(?<=[\\p{Emoji}\\p{S}\\p{P}])[\\uFE0E\\uFE0F]|(?<=\\p{Ideographic})[\\u{E0100}-\\u{E01EF}]";
const MONGOLIAN = "(?<=\\p{Script=Mongolian})[\\u180B-\\u180F]";
const KEPT = `${FLAG}|${JOINER}|${VARIATION}|${MONGOLIAN}`;

const HIDDEN = [
  "[\\u202A-\\u202E\\u2066-\\u2069]", // bidirectional overrides, embeddings and isolates
  "[\\u{E0000}-\\u{E007F}]", // tag characters
  "[\\u200B-\\u200D\\u2060-\\u2065\\u206A-\\u206F\\uFEFF]", // zero-width and deprecated format characters
  "[\\uFE00-\\uFE0F\\u{E0080}-\\u{E0FFF}]", // variation selectors, which can carry any byte
  "[\\u115F\\u1160\\u17B4\\u17B5\\u180B-\\u180F\\u3164\\uFFA0]", // fillers without a glyph
  "[\\u034F\\u00AD\\uFFF9-\\uFFFB\\u{1BCA0}-\\u{1BCA3}\\u{1D173}-\\u{1D17A}]", // other invisible format characters
  "[\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F\\x7F-\\x9F]", // control characters except tab and line ends
].join("|");

const CHARACTERS = new RegExp(`(${KEPT})|${HIDDEN}`, "gu");

/** What has nothing to hide in it, as most texts are; looking for that first takes a fraction of the time. */
const PLAIN = /^[\t\n\x20-\x7e]*$/;

/** A text without the characters that nobody sees, and how many of them there were. */
export function withoutHidden(text: string): { text: string; removed: number } {
  if (PLAIN.test(text)) return { text, removed: 0 };
  let removed = 0;
  const visible = text
    .replaceAll(/\r\n?|[\u2028\u2029]/g, "\n")
    .replaceAll(CHARACTERS, (_, kept: string | undefined) => {
      if (kept === undefined) removed++;
      return kept ?? "";
    });
  return { text: visible, removed };
}
