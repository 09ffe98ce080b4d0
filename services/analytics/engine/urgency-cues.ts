// What the words that tell urgency say in a text.
import { PhraseTable } from "./phrase-table.ts";
import type { Sentence } from "./tokens.ts";
import { PATIENT, PRESSING, URGENT } from "./urgency-lexicon.ts";

/** A phrase of the lexicon in a text. */
export interface UrgencyCue {
  readonly kind: "urgent" | "pressing" | "patient";
  /** Index of its first token among all tokens of the text, and of the one after its last. */
  readonly from: number;
  readonly to: number;
}

const table = new PhraseTable<UrgencyCue["kind"]>();
for (const phrase of URGENT.split(", ")) table.add(phrase, "urgent");
for (const phrase of PRESSING.split(", ")) table.add(phrase, "pressing");
for (const phrase of PATIENT.split(", ")) table.add(phrase, "patient");

/** The phrases of the urgency lexicon in a text, one after the other. */
export function readUrgencyCues(sentences: readonly Sentence[]): UrgencyCue[] {
  const cues: UrgencyCue[] = [];
  let start = 0;
  for (const { tokens } of sentences) {
    for (let at = 0; at < tokens.length; ) {
      const match = table.match(tokens, at);
      const to = at + (match?.length ?? 1);
      if (match) cues.push({ kind: match.value, from: start + at, to: start + to });
      at = to;
    }
    start += tokens.length;
  }
  return cues;
}
