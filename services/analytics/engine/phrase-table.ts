// Looking up words and phrases of several words, whatever their inflection.
import { type Lexeme, listed } from "./lexemes.ts";
import { stemOf } from "./stems.ts";
import type { Token } from "./tokens.ts";

interface Node<T> {
  /** What may follow by its stem, and what only as written. */
  readonly inflected: Map<Readonly<Lexeme>, Node<T>>;
  readonly written: Map<Readonly<Lexeme>, Node<T>>;
  value?: T;
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

const newNode = <T>(): Node<T> => ({ inflected: new Map(), written: new Map() });

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
      const nodes = isWritten ? node.written : node.inflected;
      const lexeme = listed(isWritten ? key.slice(1) : key);
      if (node === this.#root) lexeme.opens = true;
      const next = nodes.get(lexeme) ?? newNode<T>();
      nodes.set(lexeme, next);
      node = next;
    }
    node.value = from(node.value);
  }

  /** The phrases that start at token `at` and end in the same clause, none most often. */
  matches(tokens: readonly Token[], at: number): readonly Match<T>[] {
    const { written, inflected } = tokens[at] as Token;
    return written.opens || inflected.opens ? this.#matches(tokens, at) : NONE;
  }

  #matches(tokens: readonly Token[], at: number): readonly Match<T>[] {
    const found: Match<T>[] = [];
    const step = (next: Node<T> | undefined, length: number, skips: number): void => {
      if (!next) return;
      if (next.value !== undefined) found.push({ value: next.value, length });
      if (next.written.size > 0 || next.inflected.size > 0) walk(next, at + length, skips);
    };
    const walk = (node: Node<T>, from: number, skips: number): void => {
      const length = from - at;
      const token = tokens[from];
      if (!token || token.clause !== tokens[at]?.clause) return;
      step(node.written.get(token.written), length + 1, skips);
      step(node.inflected.get(token.inflected), length + 1, skips);
      if (length > 0 && skips < MAX_SKIPS && token.written.skips) walk(node, from + 1, skips + 1);
    };
    walk(this.#root, at, 0);
    return found;
  }
}
