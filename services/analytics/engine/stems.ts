// The stems that inflections of a word share.

const BARE_NEGATIONS = new Set(
  "cannot cant dont doesnt didnt isnt arent wasnt werent wont wouldnt couldnt shouldnt hasnt havent hadnt aint".split(
    " ",
  ),
);

const isVowel = (code: number) => code === 97 || code === 101 || code === 105 || code === 111 || code === 117;

function hasVowel(word: string, end: number): boolean {
  if (end < 3) return false;
  for (let at = 0; at < end; at++) {
    const code = word.charCodeAt(at);
    if (isVowel(code) || code === 121) return true;
  }
  return false;
}

function endsDoubled(stem: string): boolean {
  const last = stem.charCodeAt(stem.length - 1);
  return stem.length > 3 && last === stem.charCodeAt(stem.length - 2) && !isVowel(last);
}

/** Whether it ends in an s of the plural or of a verb, not in -ss, -is or -us. */
function endsInflected(word: string): boolean {
  if (!word.endsWith("s")) return false;
  const before = word[word.length - 2];
  return before !== "s" && before !== "i" && before !== "u";
}

/**
 * The stem that the inflections of an English word share (plural, -ed, -ing), in the manner of step 1 of Porter's
 * stemmer (1980). Both the text and the word lists go through it, so it need not be a word.
 */
export function stemOf(word: string): string {
  if (word.endsWith("t") && (word.endsWith("n't") || BARE_NEGATIONS.has(word))) return "not";
  let stem = word.endsWith("'s") ? word.slice(0, -2) : word;
  const { length } = stem;
  if (length < 4) return stem;
  if (stem.endsWith("ies") || stem.endsWith("ied")) stem = `${stem.slice(0, -3)}y`;
  else if (stem.endsWith("ing") && hasVowel(stem, length - 3)) stem = stem.slice(0, -3);
  else if (stem.endsWith("ed") && stem[length - 3] !== "e" && hasVowel(stem, length - 2)) stem = stem.slice(0, -2);
  else if (endsInflected(stem)) stem = stem.slice(0, -1);
  if (stem.length > 3 && stem.endsWith("e")) stem = stem.slice(0, -1);
  return endsDoubled(stem) ? stem.slice(0, -1) : stem;
}
