// Lengths of time, as many as a question is about.
import type { Cells } from "./cells.ts";

/** Lengths of time in seconds, in the order of their cells; overwritten when others are put in order. */
export interface InOrder {
  readonly wall: Int32Array;
  readonly business: Int32Array;
}

/** The lengths of a block, in the memory of their chunk: on the wall from `at` on, and after all of them those of business. */
interface Part {
  readonly values: Int32Array;
  readonly at: number;
  readonly facts: number;
}

/** Where the runs of a part are among all. */
interface Runs extends Part {
  readonly firstRun: number;
  readonly endRun: number;
}

/** Used over and over: new memory of some megabytes for each question would cost more than counting. */
let onTheWall = new Int32Array(0);
let ofBusiness = new Int32Array(0);

/** Copies the lengths of a part to where those of their cells go on. */
function place({ values, at, facts, firstRun, endRun }: Runs, runs: Int32Array, next: Uint32Array): void {
  const wall = onTheWall;
  const business = ofBusiness;
  for (let run = 3 * firstRun; run < 3 * endRun; run += 3) {
    const cell = runs[run] as number;
    const start = at + (runs[run + 1] as number);
    const end = start + (runs[run + 2] as number);
    let to = next[cell] as number;
    for (let index = start; index < end; index++, to++) {
      wall[to] = values[index] as number;
      business[to] = values[index + facts] as number;
    }
    next[cell] = to;
  }
}

/** Gathers lengths of time. */
export class Lengths {
  readonly #parts: Runs[] = [];
  /** Of each run its cell, where in its part it begins, and how many lengths it has. */
  #runs = new Int32Array(0);
  #runCount = 0;
  /** How many there are in each cell. */
  readonly #counts: Uint32Array;

  constructor(cellCount: number) {
    this.#counts = new Uint32Array(cellCount);
  }

  /** Adds the lengths of a block that count within the window. */
  add(part: Part, { cells, starts, facts, count: runs }: Cells): void {
    const firstRun = this.#runCount;
    if (this.#runs.length < 3 * (firstRun + runs)) {
      const more = new Int32Array(6 * (firstRun + runs));
      more.set(this.#runs);
      this.#runs = more;
    }
    const counts = this.#counts;
    const all = this.#runs;
    let to = 3 * firstRun;
    for (let run = 0; run < runs; run++) {
      const cell = cells[run] as number;
      if (cell >= counts.length) continue;
      const count = facts[run] as number;
      all[to++] = cell;
      all[to++] = starts[run] as number;
      all[to++] = count;
      (counts[cell] as number) += count;
    }
    this.#runCount = to / 3;
    this.#parts.push({ ...part, firstRun, endRun: this.#runCount });
  }

  /** Where the lengths of each cell begin once they are in order; one more than there are cells. */
  begins(): Uint32Array {
    const begins = new Uint32Array(this.#counts.length + 1);
    const counts = this.#counts;
    for (let cell = 0; cell < counts.length; cell++) {
      begins[cell + 1] = (begins[cell] as number) + (counts[cell] as number);
    }
    return begins;
  }

  /** Puts them in order, by the clock on the wall and by that of business. */
  inOrder(begins: Uint32Array): InOrder {
    const count = begins.at(-1) ?? 0;
    if (onTheWall.length < count) {
      onTheWall = new Int32Array(count);
      ofBusiness = new Int32Array(count);
    }
    const next = begins.slice(0, -1);
    for (const part of this.#parts) place(part, this.#runs, next);
    return { wall: onTheWall.subarray(0, count), business: ofBusiness.subarray(0, count) };
  }
}
