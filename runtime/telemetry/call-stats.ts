// How many calls there were, how they ended and how long they took: plain numbers, because every call pays for them.
import { Code, ConnectError } from "@connectrpc/connect";
import { codeName, reasonOf } from "../errors.ts";

/** Upper bounds of the buckets in seconds: an answer from memory takes half a millisecond, a model's a minute. */
export const BOUNDS_S = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
] as const;

/** Reasons come from other processes too, so they are bounded: what is past it counts as OTHER. */
const MOST_OUTCOMES = 50;
const REASON = /^[A-Z][A-Z0-9_]{0,62}$/;

const OTHER: Outcome = { code: "unknown", reason: "OTHER" };

/** How a call ended. */
export interface Outcome {
  /** Such as `ok` or `not_found`. */
  readonly code: string;
  /** Empty where there is none. */
  readonly reason: string;
}

const keyOf = ({ code, reason }: Outcome) => `${code} ${reason}`;

/** The outcome that an error is. */
export function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof ConnectError)) return { code: codeName(Code.Unknown), reason: "" };
  return { code: codeName(error.code), reason: reasonOf(error) ?? "" };
}

/** What is counted of one method or tool. */
export class CallStats {
  readonly name: string;
  /** Calls under way; streams count as long as they last. */
  underWay = 0;
  #ok = 0;
  readonly #failed = new Map<string, { readonly outcome: Outcome; count: number }>();
  #sumS = 0;
  /** Calls by the bucket they fall into; the last takes what is longer than all bounds. */
  readonly #buckets = new Array<number>(BOUNDS_S.length + 1).fill(0);

  constructor(name: string) {
    this.name = name;
  }

  /** A call has begun; returns when, for `end`. */
  begin(): number {
    this.underWay++;
    return performance.now();
  }

  /** A call has ended that began at `began`; returns how long it took, in milliseconds. */
  end(began: number, failure?: Outcome): number {
    this.underWay--;
    const tookMs = performance.now() - began;
    const tookS = tookMs / 1_000;
    this.#sumS += tookS;
    let bucket = 0;
    while (tookS > (BOUNDS_S[bucket] ?? Number.POSITIVE_INFINITY)) bucket++;
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    if (failure === undefined) this.#ok++;
    else this.#count(failure);
    return tookMs;
  }

  #count({ code, reason }: Outcome): void {
    let outcome = { code, reason: REASON.test(reason) ? reason : "" };
    if (this.#failed.size >= MOST_OUTCOMES && !this.#failed.has(keyOf(outcome))) outcome = OTHER;
    const counted = this.#failed.get(keyOf(outcome));
    if (counted) counted.count++;
    else this.#failed.set(keyOf(outcome), { outcome, count: 1 });
  }

  /** Calls that have ended, by outcome. */
  get outcomes(): readonly { readonly outcome: Outcome; readonly count: number }[] {
    return [{ outcome: { code: "ok", reason: "" }, count: this.#ok }, ...this.#failed.values()];
  }

  /** How many calls took at most as long as each bound, then how many there were; and how long all took, in seconds. */
  get durations(): { readonly cumulative: readonly number[]; readonly sumS: number } {
    let total = 0;
    const cumulative = this.#buckets.map((count) => {
      total += count;
      return total;
    });
    return { cumulative, sumS: this.#sumS };
  }
}
