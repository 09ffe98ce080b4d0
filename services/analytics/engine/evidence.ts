// The words that spoke, as an answer shows them.
import type { Token } from "./tokens.ts";

const MAX_EVIDENCE = 8;

/** Words of a text with what they weighed. */
export interface Hit {
  readonly words: string;
  readonly weight: number;
}

/** The words of a span of tokens, in lower case. */
export function wordsOf(tokens: readonly Token[], from: number, length: number): string {
  let words = "";
  for (let at = from; at < from + length; at++) words += `${at > from ? " " : ""}${tokens[at]?.word ?? ""}`;
  return words;
}

/** Up to eight different words or phrases, the weightiest first. */
export function weightiest(hits: readonly Hit[]): string[] {
  const weights = new Map<string, number>();
  for (const { words, weight } of hits) weights.set(words, Math.max(weights.get(words) ?? 0, Math.abs(weight)));
  const ranked = [...weights].sort(([, a], [, b]) => b - a);
  return ranked.slice(0, MAX_EVIDENCE).map(([words]) => words);
}
