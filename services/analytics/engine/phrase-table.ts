// Looking up words and phrases of several words, whatever their inflection.
import { type Lexeme, listed } from "./lexemes.ts";
import { stemOf } from "./stems.ts";
import type { Token } from "./tokens.ts";

interface Node<T> {
  /** What may follow by its stem, and what only as written. */
  inflected: Map<Readonly<Lexeme>, Node<T>> | undefined;
  written: Map<Readonly<Lexeme>, Node<T>> | undefined;
  value: T | undefined;
}

/** A phrase found at a position. */
export interface Match<T> {
  readonly value: T;
  /** How many tokens it spans, skipped ones included. */
  readonly length: number;
}

const SKIPPABLE = "a an the my your our this that these those his her their its any";
const MAX_SKIPS = 2;
for (const word of SKIPPABLE.split(" ")) listed(word).skips = true;

/** What a phrase of a word list is looked up by; two phrases with the same keys are one. */
export function keysOf(phrase: string): string[] {
  return phrase.split(" ").map((word) => (word.startsWith("=") ? word : stemOf(word)));
}

const NONE: readonly never[] = [];

const newNode = <T>(): Node<T> => ({ inflected: undefined, written: undefined, value: undefined });

/** A search for the phrases that start at a token. */
interface Search<T> {
  readonly tokens: readonly Token[];
  readonly at: number;
  readonly found: Match<T>[];
}

function reach<T>(search: Search<T>, node: Node<T> | undefined, length: number, skips: number): void {
  if (!node) return;
  if (node.value !== undefined) search.found.push({ value: node.value, length });
  if (node.written || node.inflected) goOn(search, node, length, skips);
}

function goOn<T>(search: Search<T>, node: Node<T>, length: number, skips: number): void {
  const { tokens, at } = search;
  const token = tokens[at + length];
  if (!token || token.clause !== tokens[at]?.clause) return;
  reach(search, node.written?.get(token.written), length + 1, skips);
  reach(search, node.inflected?.get(token.inflected), length + 1, skips);
  if (length > 0 && skips < MAX_SKIPS && token.written.skips) goOn(search, node, length + 1, skips + 1);
}

/**
 * A table of phrases as a trie of stems. A phrase matches each inflection of its words, and articles and possessives
 * between them: `close account` finds "closing my account". A word with `=` before it matches as written alone:
 * `=pleased` does not find "please".
 */
export class PhraseTable<T> {
  readonly #root = newNode<T>();

  /** Gives a phrase a value, made of the one that it has already. */
  set(phrase: string, from: (old: T | undefined) => T): void {
    let node = this.#root;
    for (const key of keysOf(phrase)) {
      const isWritten = key.startsWith("=");
      const lexeme = listed(isWritten ? key.slice(1) : key);
      if (node === this.#root) lexeme.opens = true;
      if (isWritten) node.written ??= new Map();
      else node.inflected ??= new Map();
      const nodes = (isWritten ? node.written : node.inflected) as Map<Lexeme, Node<T>>;
      const next = nodes.get(lexeme) ?? newNode<T>();
      nodes.set(lexeme, next);
      node = next;
    }
    node.value = from(node.value);
  }

  /** The phrases that start at token `at` and end in the same clause, none most often. */
  matches(tokens: readonly Token[], at: number): readonly Match<T>[] {
    const { written, inflected } = tokens[at] as Token;
    if (!written.opens && !inflected.opens) return NONE;
    const found: Match<T>[] = [];
    goOn({ tokens, at, found }, this.#root, 0, 0);
    return found;
  }
}
