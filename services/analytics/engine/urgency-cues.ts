// What the words that tell urgency say in a text.
import type { MarkedSentence, UrgencyKind } from "./phrases.ts";

/** A phrase of the lexicon in a text. */
export interface UrgencyCue {
  readonly kind: UrgencyKind;
  /** Index of its first token among all tokens of the text, and of the one after its last. */
  readonly from: number;
  readonly to: number;
}

/** The phrases of the urgency lexicon in a text, one after the other. */
export function readUrgencyCues(sentences: readonly MarkedSentence[]): UrgencyCue[] {
  const cues: UrgencyCue[] = [];
  let start = 0;
  for (const { tokens, urgencies } of sentences) {
    for (const { says, from, to } of urgencies) cues.push({ kind: says, from: start + from, to: start + to });
    start += tokens.length;
  }
  return cues;
}
