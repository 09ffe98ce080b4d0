// How much goes on with each customer: by this alone they are ranked, before a few of them are counted in full.
import type { Frame } from "./cells.ts";
import type { Facts } from "./fact-cache.ts";
import type { CustomerCandidates } from "./grouping.ts";
import { isActivity } from "./tally.ts";

/**
 * Counts what goes on within the window, customer by customer. Open tickets count for nothing here: to know who has old ones
 * would take all facts since the beginning.
 */
export class CustomerActivity {
  readonly #frame: Frame;
  readonly #candidates: CustomerCandidates;
  /** By the customer's number. */
  readonly #counts: Int32Array;

  constructor(frame: Frame, candidates: CustomerCandidates) {
    this.#frame = frame;
    this.#candidates = candidates;
    this.#counts = new Int32Array(candidates.groupOf.length);
  }

  /** How much goes on in each group. */
  get byGroup(): Float64Array {
    const { groups, groupOf } = this.#candidates;
    const sums = new Float64Array(groups);
    for (const [customer, group] of groupOf.entries()) {
      if (group >= 0) (sums[group] as number) += this.#counts[customer] as number;
    }
    return sums;
  }

  /** This loop runs for millions of facts. */
  add({ chunk, times, customers }: Facts): void {
    if (!customers) return;
    const counts = this.#counts;
    const { start, end } = this.#frame;
    const { segments } = this.#candidates;
    for (const { code, minTime, maxTime, from, firstRun, endRun } of chunk.blocks) {
      if (!isActivity(code) || minTime >= end || maxTime < start) continue;
      const when = minTime < start || maxTime >= end ? times : undefined;
      let fact = from;
      for (let run = firstRun; run < endRun; run++) {
        const to = fact + (chunk.runs[run] as number);
        if ((segments[chunk.segments[run] as number] as number) < 0) fact = to;
        for (; fact < to; fact++) {
          const inside = !when || ((when[fact] as number) >= start && (when[fact] as number) < end);
          if (inside) (counts[customers[fact] as number] as number) += 1;
        }
      }
    }
  }
}
