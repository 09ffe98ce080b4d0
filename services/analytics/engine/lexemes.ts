// What the word lists say of a word, in one table: a word of a text is looked up once, and not once in each list.
import { DEGREES, NEGATORS, TURNS } from "./sentiment-lexicon.ts";

/** What the lists say of one word, as written or as the stem of its inflections. */
export interface Lexeme {
  /** It turns what follows, as "not" does. */
  negates: boolean;
  /** The weight of a sentence lies after it, as after "but". */
  turns: boolean;
  /** How much stronger (above 1) or weaker it makes the next word. */
  degree: number;
  /** It tells that the writer asks for something. */
  asks: boolean;
  /** It tells nothing on its own. */
  fills: boolean;
  /** A phrase may begin with it. */
  opens: boolean;
  /** It may stand between the words of a phrase. */
  skips: boolean;
  /** The languages it is common in, by number. */
  languages: readonly number[];
}

const blank = (): Lexeme => ({
  negates: false,
  turns: false,
  degree: 1,
  asks: false,
  fills: false,
  opens: false,
  skips: false,
  languages: [],
});

const lexemes = new Map<string, Lexeme>();
/** What is said of a word that stands in no list. */
const UNLISTED: Readonly<Lexeme> = blank();

/** The lexeme of a word that stands in a list: for whoever has a list, to write there what it says. */
export function listed(word: string): Lexeme {
  const lexeme = lexemes.get(word) ?? blank();
  lexemes.set(word, lexeme);
  return lexeme;
}

/** What the lists say of a word of a text: the same object whenever no list has it. */
export const lexemeOf = (word: string): Readonly<Lexeme> => lexemes.get(word) ?? UNLISTED;

for (const word of NEGATORS) listed(word).negates = true;
for (const word of TURNS) listed(word).turns = true;
for (const [word, degree] of DEGREES) listed(word).degree = degree;
