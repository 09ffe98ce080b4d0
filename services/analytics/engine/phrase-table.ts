// Looking up words and phrases of several words, whatever their inflection.
import { stemOf, type Token } from "./tokens.ts";

interface Node<T> {
  /** What may follow by its stem, and what only as written. */
  readonly next: Map<string, Node<T>>;
  readonly written: Map<string, Node<T>>;
  value?: T;
}

/** The longest phrase found at a position. */
export interface Match<T> {
  readonly value: T;
  /** How many tokens it spans, skipped ones included. */
  readonly length: number;
}

const SKIPPABLE = new Set("a an the my your our this that these those his her their its any".split(" "));
const MAX_SKIPS = 2;

/** What a phrase of a word list is looked up by; two phrases with the same keys are one. */
export function keysOf(phrase: string): string[] {
  return phrase.split(" ").map((word) => (word.startsWith("=") ? word : stemOf(word)));
}

const newNode = <T>(): Node<T> => ({ next: new Map(), written: new Map() });

/**
 * A table of phrases as a trie of stems. A phrase matches each inflection of its words, and articles and possessives
 * between them: `close account` finds "closing my account". A word with `=` before it matches as written alone:
 * `=pleased` does not find "please".
 */
export class PhraseTable<T> {
  readonly #root = newNode<T>();

  /** Adds a phrase; `merge` makes the value of a phrase that is there already. */
  add(phrase: string, value: T, merge: (old: T, value: T) => T = (_, latest) => latest): void {
    let node = this.#root;
    for (const key of keysOf(phrase)) {
      const isWritten = key.startsWith("=");
      const [nodes, word] = isWritten ? [node.written, key.slice(1)] : [node.next, key];
      const next = nodes.get(word) ?? newNode<T>();
      nodes.set(word, next);
      node = next;
    }
    node.value = node.value === undefined ? value : merge(node.value, value);
  }

  /** The longest phrase that starts at token `at` and ends in the same clause. */
  match(tokens: readonly Token[], at: number): Match<T> | undefined {
    const first = tokens[at];
    if (!first || !(this.#root.next.has(first.stem) || this.#root.written.has(first.word))) return undefined;
    const { clause } = first;
    let best: Match<T> | undefined;
    const step = (next: Node<T> | undefined, length: number, skips: number): void => {
      if (!next) return;
      const { value } = next;
      if (value !== undefined && length > (best?.length ?? 0)) best = { value, length };
      walk(next, at + length, skips);
    };
    const walk = (node: Node<T>, from: number, skips: number): void => {
      const length = from - at;
      const token = tokens[from];
      if (!token || token.clause !== clause || (node.next.size === 0 && node.written.size === 0)) return;
      step(node.written.get(token.word), length + 1, skips);
      step(node.next.get(token.stem), length + 1, skips);
      if (length > 0 && skips < MAX_SKIPS && SKIPPABLE.has(token.word)) walk(node, from + 1, skips + 1);
    };
    walk(this.#root, at, 0);
    return best;
  }
}
