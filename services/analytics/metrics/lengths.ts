// Lengths of time, as many as a question is about.

/** Lengths of time in seconds, in the order of their cells; overwritten when others are put in order. */
export interface InOrder {
  readonly wall: Int32Array;
  readonly business: Int32Array;
}

/** Lengths in a row, in the memory of their chunk. */
interface Part {
  /** On the wall from `at` on, and after all of them those of business. */
  readonly values: Int32Array;
  readonly at: number;
  readonly facts: number;
  /** Where its runs are among all. */
  readonly firstRun: number;
  readonly endRun: number;
}

/** Used over and over: new memory of some megabytes for each question would cost more than counting. */
let [onTheWall, ofBusiness] = [new Int32Array(0), new Int32Array(0)];

/** Copies the lengths of a part to where those of their cells go on. */
function place({ values, at, facts, firstRun, endRun }: Part, runs: Int32Array, next: Uint32Array): void {
  const [wall, business] = [onTheWall, ofBusiness];
  let index = at;
  for (let run = firstRun; run < endRun; run++) {
    const cell = runs[2 * run] as number;
    const end = index + (runs[2 * run + 1] as number);
    if (cell < 0) {
      index = end;
      continue;
    }
    let to = next[cell] as number;
    for (; index < end; index++, to++) {
      wall[to] = values[index] as number;
      business[to] = values[index + facts] as number;
    }
    next[cell] = to;
  }
}

/** Gathers lengths of time. */
export class Lengths {
  readonly #parts: Part[] = [];
  /** Of each run its cell, -1 for none, and how many lengths it has. */
  #runs = new Int32Array(0);
  #runCount = 0;
  /** How many there are in each cell. */
  readonly #counts: Uint32Array;

  constructor(cellCount: number) {
    this.#counts = new Uint32Array(cellCount);
  }

  /** Adds the lengths of a block: `cells` and `facts` say where `runs` runs of them count, and how many each has. */
  add(part: Pick<Part, "values" | "at" | "facts">, cells: Int32Array, facts: Int32Array, runs: number): void {
    const counts = this.#counts;
    const [firstRun, endRun] = [this.#runCount, this.#runCount + runs];
    if (this.#runs.length < 2 * endRun) {
      const more = new Int32Array(4 * endRun);
      more.set(this.#runs);
      this.#runs = more;
    }
    const all = this.#runs;
    for (let run = 0; run < runs; run++) {
      const cell = cells[run] as number;
      const count = facts[run] as number;
      const counted = cell < counts.length ? cell : -1;
      all[2 * (firstRun + run)] = counted;
      all[2 * (firstRun + run) + 1] = count;
      if (counted >= 0) (counts[counted] as number) += count;
    }
    this.#runCount = endRun;
    this.#parts.push({ ...part, firstRun, endRun });
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
    if (onTheWall.length < count) [onTheWall, ofBusiness] = [new Int32Array(count), new Int32Array(count)];
    const next = begins.slice(0, -1);
    for (const part of this.#parts) place(part, this.#runs, next);
    return { wall: onTheWall.subarray(0, count), business: ofBusiness.subarray(0, count) };
  }
}
