// Lengths of time, as many as a question is about.

/** Lengths of time in seconds by one clock, in the order of their cells. */
export interface InOrder {
  /** Overwritten when other lengths are put in order. */
  readonly values: Int32Array;
  /** Of each cell the sum. */
  readonly sums: Float64Array;
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

/** Copies lengths, and returns their sum. */
function copy(values: Int32Array, from: number, end: number, to: Int32Array, place: number): number {
  let sum = 0;
  for (let index = from, at = place; index < end; index++, at++) {
    const value = values[index] as number;
    to[at] = value;
    sum += value;
  }
  return sum;
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
      const [cell, count] = [cells[run] as number, facts[run] as number];
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
    let begin = 0;
    for (const [cell, count] of this.#counts.entries()) begins[cell + 1] = begin += count;
    return begins;
  }

  /** Puts them in order, by the clock on the wall and by that of business. */
  inOrder(begins: Uint32Array): { wall: InOrder; business: InOrder } {
    const next = begins.slice(0, -1);
    const wallSums = new Float64Array(next.length);
    const businessSums = new Float64Array(next.length);
    const count = begins.at(-1) ?? 0;
    if (onTheWall.length < count) [onTheWall, ofBusiness] = [new Int32Array(count), new Int32Array(count)];
    const [wall, business, runs] = [onTheWall, ofBusiness, this.#runs];
    for (const { values, at, facts, firstRun, endRun } of this.#parts) {
      let index = at;
      for (let run = firstRun; run < endRun; run++) {
        const [cell, end] = [runs[2 * run] as number, index + (runs[2 * run + 1] as number)];
        if (cell < 0) {
          index = end;
          continue;
        }
        const place = next[cell] as number;
        (wallSums[cell] as number) += copy(values, index, end, wall, place);
        (businessSums[cell] as number) += copy(values, index + facts, end + facts, business, place);
        next[cell] = place + end - index;
        index = end;
      }
    }
    return {
      wall: { values: wall.subarray(0, count), sums: wallSums },
      business: { values: business.subarray(0, count), sums: businessSums },
    };
  }
}
