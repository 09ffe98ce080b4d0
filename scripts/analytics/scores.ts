// How well predictions agree with labels.
import { randomOf } from "./fit.ts";

/** Rows are what it is, columns what was said. */
export type Confusion = readonly (readonly number[])[];

/** Scores of one engine on one data set. */
export interface Scores {
  /** Mean of the F1 of the classes that have texts. */
  readonly macroF1: number;
  readonly accuracy: number;
  readonly n: number;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

/** Counts pairs of true and predicted class. */
export function confusionOf(classes: number, truth: readonly number[], said: readonly number[]): Confusion {
  const counts = Array.from({ length: classes }, () => Array<number>(classes).fill(0));
  truth.forEach((label, at) => {
    const row = counts[label] as number[];
    const column = said[at] as number;
    row[column] = (row[column] as number) + 1;
  });
  return counts;
}

/** Macro-F1 over the classes that occur in the labels, and accuracy. */
export function scoresOf(confusion: Confusion): Scores {
  const f1s: number[] = [];
  confusion.forEach((row, k) => {
    const actual = sum(row);
    if (actual === 0) return;
    const predicted = sum(confusion.map((other) => other[k] as number));
    f1s.push((2 * (row[k] as number)) / (actual + predicted));
  });
  const n = sum(confusion.map(sum));
  return { macroF1: sum(f1s) / f1s.length, accuracy: sum(confusion.map((row, k) => row[k] as number)) / n, n };
}

/** The 95 % interval of the macro-F1 by the percentile bootstrap (Efron 1979) over the texts, with a fixed seed. */
export function intervalOf(classes: number, truth: readonly number[], said: readonly number[], draws = 500) {
  const random = randomOf(1);
  const drawn = Array.from({ length: draws }, () => {
    const picks = truth.map(() => Math.floor(random() * truth.length));
    const of = (labels: readonly number[]) => picks.map((at) => labels[at] as number);
    return scoresOf(confusionOf(classes, of(truth), of(said))).macroF1;
  }).sort((a, b) => a - b);
  return { low: drawn[Math.floor(draws * 0.025)] as number, high: drawn[Math.floor(draws * 0.975)] as number };
}
