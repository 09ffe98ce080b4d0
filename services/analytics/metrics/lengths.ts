// Lengths of time, as many as a question is about.

/** Lengths of time in the order of their cells. */
export interface ByCell {
  /** Where the lengths of each cell begin. One more than there are cells. */
  readonly begins: Uint32Array;
  readonly wall: Clock;
  readonly business: Clock;
}

/** Lengths by one of the clocks, in seconds. */
export interface Clock {
  readonly values: Int32Array;
  /** Of each cell the sum. */
  readonly sums: Float64Array;
}

/** Lengths in a row, in the memory of their chunk: on the wall from `at` on, and after all of them those of business. */
interface Part {
  readonly values: Int32Array;
  readonly at: number;
  readonly facts: number;
  /** Of each run its cell, -1 for none, and how many lengths it has. */
  readonly cells: Int32Array;
  readonly runs: Int32Array;
}

/** Gathers lengths of time. */
export class Lengths {
  readonly #parts: Part[] = [];

  add(part: Part): void {
    this.#parts.push(part);
  }

  /** Puts them in order. */
  byCell(cellCount: number): ByCell {
    const begins = new Uint32Array(cellCount + 1);
    for (const { cells, runs } of this.#parts) {
      for (let run = 0; run < cells.length; run++) {
        const cell = cells[run] as number;
        if (cell >= 0) (begins[cell + 1] as number) += runs[run] as number;
      }
    }
    for (let cell = 0; cell < cellCount; cell++) (begins[cell + 1] as number) += begins[cell] as number;
    return { begins, wall: this.#clock(begins, false), business: this.#clock(begins, true) };
  }

  #clock(begins: Uint32Array, business: boolean): Clock {
    const next = begins.slice(0, -1);
    const ordered = new Int32Array(begins.at(-1) as number);
    const sums = new Float64Array(next.length);
    for (const { values, at, facts, cells, runs } of this.#parts) {
      let index = business ? at + facts : at;
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
          ordered[place] = value;
          sum += value;
        }
        next[cell] = place;
        (sums[cell] as number) += sum;
      }
    }
    return { values: ordered, sums };
  }
}
