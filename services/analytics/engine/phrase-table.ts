// Looking up words and phrases of several words, whatever their inflection.
import { stemOf, type Token } from "./tokens.ts";

interface Node<T> {
  readonly next: Map<string, Node<T>>;
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

const newNode = <T>(): Node<T> => ({ next: new Map() });

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
      const next = node.next.get(key) ?? newNode<T>();
      node.next.set(key, next);
      node = next;
    }
    node.value = node.value === undefined ? value : merge(node.value, value);
  }

  /** The longest phrase that starts at token `at` and ends in the same clause. */
  match(tokens: readonly Token[], at: number): Match<T> | undefined {
    const clause = tokens[at]?.clause;
    let best: Match<T> | undefined;
    const walk = (node: Node<T>, from: number, skips: number): void => {
      const length = from - at;
      const token = tokens[from];
      if (!token || token.clause !== clause || node.next.size === 0) return;
      for (const key of [`=${token.word}`, token.stem]) {
        const next = node.next.get(key);
        if (!next) continue;
        const { value } = next;
        if (value !== undefined && length + 1 > (best?.length ?? 0)) best = { value, length: length + 1 };
        walk(next, from + 1, skips);
      }
      if (length > 0 && skips < MAX_SKIPS && SKIPPABLE.has(token.word)) walk(node, from + 1, skips + 1);
    };
    walk(this.#root, at, 0);
    return best;
  }
}
