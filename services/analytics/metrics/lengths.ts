// Lengths of time by cell: gathered from the facts of chunks, and sorted.
import type { Cells } from "./cells.ts";
import { type RisingLists, risingLists } from "./rising-lists.ts";

/** Lengths of time in seconds, a list for each cell, by the clock on the wall and by that of business. */
export interface SortedLengths {
  readonly wall: RisingLists;
  readonly business: RisingLists;
}

/** The same as they come: for what is asked once, sorting takes longer than selecting. */
export interface LooseLengths {
  /** Where those of each cell begin; one more than there are cells. */
  readonly begins: Uint32Array;
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

/** Used over and over: new memory each time would cost more than counting, and leave holes. */
let onTheWall = new Int32Array(0);
let ofBusiness = new Int32Array(0);

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

  /** All that were added, sorted; nothing if there are none. */
  sorted(): SortedLengths | undefined {
    if (this.#parts.length === 0) return undefined;
    const begins = this.#begins();
    const count = begins.at(-1) ?? 0;
    if (onTheWall.length < count) {
      onTheWall = new Int32Array(2 * count);
      ofBusiness = new Int32Array(2 * count);
    }
    const { wall, business } = this.#inOrder(begins, onTheWall.subarray(0, count), ofBusiness.subarray(0, count));
    return { wall: risingLists(wall, begins), business: risingLists(business, begins) };
  }

  /** All that were added; nothing if there are none. */
  loose(): LooseLengths | undefined {
    if (this.#parts.length === 0) return undefined;
    const begins = this.#begins();
    const count = begins.at(-1) ?? 0;
    return this.#inOrder(begins, new Int32Array(count), new Int32Array(count));
  }

  #begins(): Uint32Array {
    const begins = new Uint32Array(this.#counts.length + 1);
    for (let cell = 0; cell < this.#counts.length; cell++) {
      begins[cell + 1] = (begins[cell] as number) + (this.#counts[cell] as number);
    }
    return begins;
  }

  #inOrder(begins: Uint32Array, wall: Int32Array, business: Int32Array): LooseLengths {
    const next = begins.slice(0, -1);
    for (const part of this.#parts) this.#place(part, next, wall, business);
    return { begins, wall, business };
  }

  /** Copies the lengths of a part to where those of their cells go on. */
  #place(
    { values, at, facts, firstRun, endRun }: Runs,
    next: Uint32Array,
    wall: Int32Array,
    business: Int32Array,
  ): void {
    const runs = this.#runs;
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
}
