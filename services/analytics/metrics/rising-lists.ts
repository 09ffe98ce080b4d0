// Sorted numbers, list by list, in two bytes each.

/** Lists of rising numbers from 0 to 2^31 - 1. */
export interface RisingLists {
  /** The lower 16 bits of each number. */
  readonly lows: Uint16Array;
  /** Numbers in a row with the same upper bits are a run: of each these, and where it begins; and where the last one ends. */
  readonly highs: Uint16Array;
  readonly begins: Uint32Array;
  /** The first run of each list, and after all of them how many runs there are. */
  readonly runs: Uint32Array;
  /** Of each list the sum of its numbers. */
  readonly sums: Float64Array;
}

/** Sorts each list of `values`, where it is; `begins` says where each begins, and where the last one ends. */
export function risingLists(values: Int32Array, begins: Uint32Array): RisingLists {
  const lists = begins.length - 1;
  const [runs, sums] = [new Uint32Array(lists + 1), new Float64Array(lists)];
  const [highs, runBegins]: [number[], number[]] = [[], []];
  for (let list = 0; list < lists; list++) {
    const from = begins[list] as number;
    const to = begins[list + 1] as number;
    if (to - from > 1) values.subarray(from, to).sort();
    let sum = 0;
    let before = -1;
    for (let at = from; at < to; at++) {
      const value = values[at] as number;
      const high = value >>> 16;
      sum += value;
      if (high !== before) runBegins[highs.push(high) - 1] = at;
      before = high;
    }
    sums[list] = sum;
    runs[list + 1] = highs.length;
  }
  return {
    lows: Uint16Array.from(values),
    ...{ highs: Uint16Array.from(highs), begins: Uint32Array.from([...runBegins, values.length]), runs, sums },
  };
}
