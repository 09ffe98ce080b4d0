// Texts as sentences of words, emoji and emoticons. Linear in the length of the text whatever it holds.
import { type Lexeme, lexemeOf } from "./lexemes.ts";
import { stemOf } from "./stems.ts";

/** One word, emoji or emoticon. */
export interface Token {
  /** As written, in lower case, with straight apostrophes. */
  readonly word: string;
  /** What all inflections of the word share; `not` for every contraction with n't. Never shown. */
  readonly stem: string;
  /** What the word lists say of the word as written, and of its stem. */
  readonly written: Readonly<Lexeme>;
  readonly inflected: Readonly<Lexeme>;
  /** Whether it is of ASCII alone, as it stood in the text. */
  readonly ascii: boolean;
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

function tokenOf(word: string, stem: string, clause: number, ascii: boolean, shouted: boolean, drawn: boolean): Token {
  const written = lexemeOf(word);
  const inflected = stem === word ? written : lexemeOf(stem);
  return { word, stem, written, inflected, ascii, shouted, drawn, clause };
}

function symbolOf(piece: string, clause: number): Token {
  const lower = piece.toLowerCase().replaceAll("’", "'");
  // ":-)))" and ":)" are one: eyes and the first of the mouths.
  const word = /^[:;=]/.test(lower) ? `${lower[0]}${lower.replace(/^.['^-]/, ".")[1]}` : lower;
  return tokenOf(word, word, clause, false, false, false);
}

function wordOf(piece: string, clause: number): Token {
  const first = piece.charCodeAt(0);
  if (!(first < 128 ? isPlain(first) : WORD.test(piece))) return symbolOf(piece, clause);
  if (piece.length > MAX_WORD) return tokenOf("", "", clause, true, false, false);
  const letters = lettersOf(piece);
  const lower = letters && !letters.upper ? piece : piece.toLowerCase().replaceAll("’", "'");
  const mayBeDrawn = letters ? letters.triple : MAY_BE_DRAWN.test(lower);
  const word = mayBeDrawn ? lower.replace(DRAWN, "$1$1") : lower;
  const inCapitals = letters ? letters.upper && !letters.lower : piece !== lower && piece === piece.toUpperCase();
  const shouted = piece.length > 1 && inCapitals;
  return tokenOf(word, stemOf(word), clause, letters !== undefined, shouted, word !== lower);
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
      else tokens.push(wordOf(piece, clause));
    }
    end("");
  }
  return sentences;
}
