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
  if (word.endsWith("n't") || BARE_NEGATIONS.has(word)) return "not";
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

/** What the letters of a piece of ASCII are like; nothing for other pieces. */
interface Letters {
  readonly upper: boolean;
  readonly lower: boolean;
  /** Three of a kind in a row. */
  readonly triple: boolean;
}

function lettersOf(piece: string): Letters | undefined {
  let [upper, lower, triple] = [false, false, false];
  let last = 0;
  let row = 0;
  for (let at = 0; at < piece.length; at++) {
    let code = piece.charCodeAt(at);
    if (code > 127) return undefined;
    if (code >= 65 && code <= 90) {
      upper = true;
      code += 32;
    } else if (code >= 97 && code <= 122) lower = true;
    row = code === last ? row + 1 : 1;
    triple ||= row === 3;
    last = code;
  }
  return { upper, lower, triple };
}

function symbolOf(piece: string, clause: number): Token {
  const lower = piece.toLowerCase().replaceAll("’", "'");
  // ":-)))" and ":)" are one: eyes and the first of the mouths.
  const word = /^[:;=]/.test(lower) ? `${lower[0]}${lower.replace(/^.['^-]/, ".")[1]}` : lower;
  return { word, stem: word, shouted: false, drawn: false, clause };
}

function tokenOf(piece: string, clause: number): Token {
  const first = piece.charCodeAt(0);
  if (!(first < 128 ? isPlain(first) : WORD.test(piece))) return symbolOf(piece, clause);
  if (piece.length > MAX_WORD) return { word: "", stem: "", shouted: false, drawn: false, clause };
  const letters = lettersOf(piece);
  const lower = letters && !letters.upper ? piece : piece.toLowerCase().replaceAll("’", "'");
  const mayBeDrawn = letters ? letters.triple : MAY_BE_DRAWN.test(lower);
  const word = mayBeDrawn ? lower.replace(DRAWN, "$1$1") : lower;
  const inCapitals = letters ? letters.upper && !letters.lower : piece !== lower && piece === piece.toUpperCase();
  return { word, stem: stemOf(word), shouted: piece.length > 1 && inCapitals, drawn: word !== lower, clause };
}

const isAddress = (chunk: string) => chunk.includes("://") || /@\w/.test(chunk) || chunk.startsWith("www.");

/** A letter or digit of ASCII. */
const isPlain = (code: number) =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57);

/** Adds the pieces of what stands between spaces: most often a word, or one with a comma or full stop. */
function addPieces(pieces: string[], chunk: string): void {
  let end = 0;
  while (end < chunk.length && isPlain(chunk.charCodeAt(end))) end++;
  if (end > 0 && end === chunk.length) pieces.push(chunk);
  else if (end > 0 && end === chunk.length - 1 && (chunk[end] === "." || chunk[end] === ",") && chunk !== "www.") {
    pieces.push(chunk.slice(0, end), chunk.slice(end));
  } else if (!isAddress(chunk)) pieces.push(...(chunk.match(PIECE) ?? []));
}

function piecesOf(paragraph: string): string[] {
  const pieces: string[] = [];
  for (const chunk of paragraph.split(/\s+/)) addPieces(pieces, chunk);
  return pieces;
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
      const isWord = isPlain(piece.charCodeAt(0));
      if (!isWord && /^[.!?…]/.test(piece)) end(piece);
      else if (!isWord && /^[,;:()—–-]$/.test(piece)) clause++;
      else tokens.push(tokenOf(piece, clause));
    }
    end("");
  }
  return sentences;
}
