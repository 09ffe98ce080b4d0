// Lengths of time, as many as a question is about.

/** The clock that a length was measured by. */
export type Clock = "wall" | "business";

/** Lengths of time in seconds, in the order of their cells. */
export interface InOrder {
  /** Overwritten when lengths are put in order the next time. */
  readonly values: Int32Array;
  /** Of each cell the sum. */
  readonly sums: Float64Array;
}

/** Lengths in a row, in the memory of their chunk: on the wall from `at` on, and after all of them those of business. */
interface Part {
  readonly values: Uint32Array;
  readonly at: number;
  readonly facts: number;
  /** Of each run its cell, -1 for none, and how many lengths it has. */
  readonly cells: Int32Array;
  readonly runs: Int32Array;
}

/** Used over and over: new memory of some megabytes for each question would cost more than counting. */
let ordered = new Int32Array(0);

/** Gathers lengths of time. */
export class Lengths {
  readonly #parts: Part[] = [];

  add(part: Part): void {
    this.#parts.push(part);
  }

  /** Where the lengths of each cell begin once they are in order; one more than there are cells. */
  begins(cellCount: number): Uint32Array {
    const begins = new Uint32Array(cellCount + 1);
    for (const { cells, runs } of this.#parts) {
      for (let run = 0; run < cells.length; run++) {
        const cell = cells[run] as number;
        if (cell >= 0) (begins[cell + 1] as number) += runs[run] as number;
      }
    }
    for (let cell = 0; cell < cellCount; cell++) (begins[cell + 1] as number) += begins[cell] as number;
    return begins;
  }

  /** Puts them in order. */
  inOrder(begins: Uint32Array, clock: Clock): InOrder {
    const next = begins.slice(0, -1);
    const sums = new Float64Array(next.length);
    const count = begins.at(-1) ?? 0;
    if (ordered.length < count) ordered = new Int32Array(count);
    const all = ordered;
    for (const { values, at, facts, cells, runs } of this.#parts) {
      let index = clock === "wall" ? at : at + facts;
      for (let run = 0; run < cells.length; run++) {
        const [cell, end] = [cells[run] as number, index + (runs[run] as number)];
        if (cell < 0) {
          index = end;
          continue;
        }
        let place = next[cell] as number;
        let sum = 0;
        for (; index < end; index++, place++) {
          const value = values[index] as number;
          all[place] = value;
          sum += value;
        }
        next[cell] = place;
        (sums[cell] as number) += sum;
      }
    }
    return { values: all.subarray(0, count), sums };
  }
}
