// Texts as sentences of words, emoji and emoticons. Linear in the length of the text whatever it holds.

/** One word, emoji or emoticon. */
export interface Token {
  /** As written, in lower case, with straight apostrophes. */
  readonly word: string;
  /** What all inflections of the word share; `not` for every contraction with n't. Never shown. */
  readonly stem: string;
  /** Written in capitals. */
  readonly shouted: boolean;
  /** Written with a letter drawn out, as in "sooo". */
  readonly drawn: boolean;
  /** Number of the clause in its sentence. */
  readonly clause: number;
}

/** The words between two full stops, and how loudly they end. */
export interface Sentence {
  readonly tokens: readonly Token[];
  readonly exclamations: number;
  readonly questions: number;
}

/** No word anybody looks up is longer; what is longer is data. */
const MAX_WORD = 40;

// No alternative can match the same characters in two ways, so none backtracks.
const PIECE =
  /[:;=]['^-]?(?:[()[\]|/\\@*]+|[dDpP](?![\p{L}\p{N}]))|<\/?3|[\p{L}\p{N}][\p{L}\p{M}\p{N}]*(?:['’][\p{L}\p{M}]+)*|\p{Extended_Pictographic}|[.!?…]+|[,;:()—–-]/gu;
const WORD = /^[\p{L}\p{N}]/u;
const DRAWN = /(\p{L})\1{2,}/gu;
/** Most words hold no three of a kind in a row; this tells so sooner than DRAWN does. */
const MAY_BE_DRAWN = /(.)\1\1/u;
const BARE_NEGATIONS = new Set(
  "cannot cant dont doesnt didnt isnt arent wasnt werent wont wouldnt couldnt shouldnt hasnt havent hadnt aint".split(
    " ",
  ),
);

const hasVowel = (stem: string) => stem.length > 2 && /[aeiouy]/.test(stem);
const endsDoubled = (stem: string) => stem.length > 3 && stem.at(-1) === stem.at(-2) && !/[aeiou]$/.test(stem);

/**
 * The stem that the inflections of an English word share (plural, -ed, -ing), in the manner of step 1 of Porter's
 * stemmer (1980). Both the text and the word lists go through it, so it need not be a word.
 */
export function stemOf(word: string): string {
  if (word.endsWith("n't") || BARE_NEGATIONS.has(word)) return "not";
  let stem = word.endsWith("'s") ? word.slice(0, -2) : word;
  if (stem.length < 4) return stem;
  if (/ie[sd]$/.test(stem)) stem = `${stem.slice(0, -3)}y`;
  else if (stem.endsWith("ing") && hasVowel(stem.slice(0, -3))) stem = stem.slice(0, -3);
  else if (/[^e]ed$/.test(stem) && hasVowel(stem.slice(0, -2))) stem = stem.slice(0, -2);
  else if (/[^siu]s$/.test(stem)) stem = stem.slice(0, -1);
  if (stem.length > 3 && stem.endsWith("e")) stem = stem.slice(0, -1);
  return endsDoubled(stem) ? stem.slice(0, -1) : stem;
}

function tokenOf(piece: string, clause: number): Token {
  const lower = piece.toLowerCase().replaceAll("’", "'");
  if (!WORD.test(piece)) {
    // ":-)))" and ":)" are one: eyes and the first of the mouths.
    const word = /^[:;=]/.test(lower) ? `${lower[0]}${lower.replace(/^.['^-]/, ".")[1]}` : lower;
    return { word, stem: word, shouted: false, drawn: false, clause };
  }
  if (piece.length > MAX_WORD) return { word: "", stem: "", shouted: false, drawn: false, clause };
  const word = MAY_BE_DRAWN.test(lower) ? lower.replace(DRAWN, "$1$1") : lower;
  const shouted = piece.length > 1 && piece !== lower && piece === piece.toUpperCase();
  return { word, stem: stemOf(word), shouted, drawn: word !== lower, clause };
}

const isAddress = (chunk: string) => chunk.includes("://") || /@\w/.test(chunk) || chunk.startsWith("www.");

function piecesOf(paragraph: string): string[] {
  return paragraph.split(/\s+/).flatMap((chunk) => (isAddress(chunk) ? [] : (chunk.match(PIECE) ?? [])));
}

/** Splits a text into sentences; web addresses and @handles are left out. A blank line ends a sentence too. */
export function sentencesOf(text: string): Sentence[] {
  const sentences: Sentence[] = [];
  for (const paragraph of text.split(/\n[ \t\r]*\n/)) {
    let tokens: Token[] = [];
    let clause = 0;
    const end = (stop: string) => {
      if (tokens.length > 0) {
        const exclamations = stop.split("!").length - 1;
        sentences.push({ tokens, exclamations, questions: stop.split("?").length - 1 });
      }
      tokens = [];
      clause = 0;
    };
    for (const piece of piecesOf(paragraph)) {
      if (/^[.!?…]/.test(piece)) end(piece);
      else if (/^[,;:()—–-]$/.test(piece)) clause++;
      else tokens.push(tokenOf(piece, clause));
    }
    end("");
  }
  return sentences;
}
