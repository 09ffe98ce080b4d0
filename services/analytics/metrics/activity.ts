// How much goes on with each customer: by this alone they are ranked, before a few of them are counted in full.
import { type Frame, liesIn, touches } from "./cells.ts";
import type { ChunkEntry, Facts } from "./fact-cache.ts";
import { isActivity } from "./fact-code.ts";
import type { CustomerCandidates } from "./grouping.ts";
import { customersOf, type Owners } from "./owners.ts";

/**
 * Counts what goes on within the window, customer by customer. Open tickets count for nothing here: to know who has old ones
 * would take all facts since the beginning.
 */
export class CustomerActivity {
  readonly #frame: Frame;
  readonly #candidates: CustomerCandidates;
  /** By the customer's number. */
  readonly #counts: Int32Array;
  readonly #allSegments: boolean;

  constructor(frame: Frame, candidates: CustomerCandidates) {
    this.#frame = frame;
    this.#candidates = candidates;
    this.#counts = new Int32Array(candidates.groupOf.length);
    // The number 0 is nobody's.
    this.#allSegments = candidates.segments.subarray(1).every((group) => group >= 0);
  }

  /** How much goes on in each group. */
  get byGroup(): Float64Array {
    const { groups, groupOf } = this.#candidates;
    const sums = new Float64Array(groups);
    for (let customer = 0; customer < groupOf.length; customer++) {
      const group = groupOf[customer] as number;
      if (group >= 0) (sums[group] as number) += this.#counts[customer] as number;
    }
    return sums;
  }

  /** Whether it is enough to know whose the facts of a chunk are. */
  takesOwners(entry: ChunkEntry): boolean {
    return !entry.open && this.#allSegments && liesIn(entry, this.#frame);
  }

  addOwners({ ids, activity }: Owners): void {
    const counts = this.#counts;
    for (let owner = 0; owner < ids.length; owner++) {
      (counts[ids[owner] as number] as number) += activity[owner] as number;
    }
  }

  add({ chunk, times, owners }: Facts): void {
    const counts = this.#counts;
    const customers = customersOf(owners as Owners);
    const { start, end } = this.#frame;
    const { segments } = this.#candidates;
    for (const block of chunk.blocks) {
      const { code, from, firstRun, endRun } = block;
      if (!isActivity(code) || !touches(block, this.#frame)) continue;
      const when = liesIn(block, this.#frame) ? undefined : times;
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
