// Some thousand facts in one piece, in the order in which they are counted quickest; nothing depends on the order of facts.
//
// They are sorted by day, code and segment. Facts of one day and code are a block, those of a block that have one segment a run:
// most questions look at runs, and at the values that few facts have. When each fact happened, and whose ticket it was, is kept
// apart and seldom read: this is how column stores lay out a table (sort order, run lengths), see Apache Parquet.
import { bufferOf, toBytes } from "./bytes.ts";
import { blank, type Columns, reordered } from "./columns.ts";
import { CODES, Code } from "./fact-code.ts";
import { customersOf, type Owners, ownersOf } from "./owners.ts";

/** Facts of one day with the same code. */
export interface Block {
  readonly code: number;
  /** Seconds since 1970 of the earliest and of the latest. */
  readonly minTime: number;
  readonly maxTime: number;
  /** Where its facts are among those of the chunk. */
  readonly from: number;
  readonly to: number;
  /** Where its runs are. */
  readonly firstRun: number;
  readonly endRun: number;
  /** Where its values are: the first of each fact, then the second of each. */
  readonly values: number;
}

/** Facts without what is kept apart. */
export interface Chunk {
  readonly blocks: readonly Block[];
  /** Of each run its segment, and how many facts it has. */
  readonly segments: Uint32Array;
  readonly runs: Uint16Array;
  readonly values: Int32Array;
}

/** A chunk with what is kept apart: when each fact happened, in seconds since 1970, and whose it is. */
export interface WholeChunk {
  readonly chunk: Chunk;
  readonly times: Uint32Array;
  readonly owners: Owners;
}

const MAX_RUN = 2 ** 16 - 1;
/** Code, earliest, latest, facts, runs. */
const STRIDE = 5;

/** The last place, from `from` on, whose number is not above `value`; `from` if there is none. Numbers are rising. */
export function placeOf(numbers: ArrayLike<number>, value: number, from = 0): number {
  let low = from;
  let high = numbers.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] as number) <= value) low = middle;
    else high = middle;
  }
  return low;
}

/** The order of days, codes and segments. */
function orderOf({ times, codes, segments }: Columns, days: Uint32Array): Uint32Array {
  const keys = Float64Array.from(
    times,
    (_, index) => ((days[index] as number) * CODES + (codes[index] as number)) * 2 ** 22 + (segments[index] as number),
  );
  return Uint32Array.from(keys, (_, index) => index).sort(
    (one, other) => (keys[one] as number) - (keys[other] as number),
  );
}

/** Reads blocks as they are stored. */
function blocksFrom(table: Uint32Array): Block[] {
  const blocks: Block[] = [];
  let [from, firstRun, values] = [0, 0, 0];
  for (let at = 0; at < table.length; at += STRIDE) {
    const [code = 0, minTime = 0, maxTime = 0, facts = 0, runs = 0] = table.subarray(at, at + STRIDE);
    const [to, endRun] = [from + facts, firstRun + runs];
    blocks.push({ code, minTime, maxTime, from, to, firstRun, endRun, values });
    [from, firstRun, values] = [to, endRun, values + facts * Code.values(code)];
  }
  return blocks;
}

/**
 * Arranges facts.
 *
 * @param dayStarts where days begin, in seconds since 1970; none to take all facts as of one day
 */
export function arrange(columns: Columns, dayStarts: readonly number[]): WholeChunk {
  const dayOf = columns.times.map((time) => placeOf(dayStarts, time));
  const order = orderOf(columns, dayOf);
  const { times, codes, segments, customers, firsts, seconds } = reordered(columns, order);
  const table: number[] = [];
  const runs: number[] = [];
  const runSegments: number[] = [];
  const values: Uint32Array[] = [];
  for (let from = 0; from < order.length; ) {
    const [code, day, runCount] = [codes[from] as number, dayOf[order[from] as number], runs.length];
    let [to, minTime, maxTime] = [from, times[from] as number, 0];
    for (; to < order.length && codes[to] === code && dayOf[order[to] as number] === day; to++) {
      const time = times[to] as number;
      const segment = segments[to] as number;
      const last = runs.length - 1;
      minTime = Math.min(minTime, time);
      maxTime = Math.max(maxTime, time);
      const goesOn = to > from && runSegments[last] === segment && (runs[last] as number) < MAX_RUN;
      if (goesOn) (runs[last] as number) += 1;
      else runs[runSegments.push(segment) - 1] = 1;
    }
    table.push(code, minTime, maxTime, to - from, runs.length - runCount);
    const both = [firsts.subarray(from, to), seconds.subarray(from, to)];
    values.push(...both.slice(0, Code.values(code)));
    from = to;
  }
  return {
    chunk: {
      blocks: blocksFrom(Uint32Array.from(table)),
      segments: Uint32Array.from(runSegments),
      runs: Uint16Array.from(runs),
      values: new Int32Array(toBytes(...values).buffer),
    },
    times,
    owners: ownersOf(customers, codes),
  };
}

/** Takes the facts out of a chunk. */
export function columnsIn({ chunk, times, owners }: WholeChunk): Columns {
  const columns = { ...blank(times.length), times, customers: customersOf(owners) };
  for (const { code, from, to, firstRun, endRun, values } of chunk.blocks) {
    const [facts, both] = [to - from, Code.values(code)];
    columns.codes.fill(code, from, to);
    if (both > 0) columns.firsts.set(chunk.values.subarray(values, values + facts), from);
    if (both > 1) columns.seconds.set(chunk.values.subarray(values + facts, values + 2 * facts), from);
    let at = from;
    for (let run = firstRun; run < endRun; run++) {
      const end = at + (chunk.runs[run] as number);
      columns.segments.fill(chunk.segments[run] as number, at, end);
      at = end;
    }
  }
  return columns;
}

const signed = ({ buffer, byteOffset, length }: Uint32Array) => new Int32Array(buffer, byteOffset, length);

/** A chunk as bytes: how many blocks, runs and values, then the columns, those of 32 bits first. */
export function chunkToBytes({ blocks, segments, runs, values }: Chunk): Uint8Array {
  const table = blocks.flatMap(({ code, minTime, maxTime, from, to, firstRun, endRun }) => {
    return [code, minTime, maxTime, to - from, endRun - firstRun];
  });
  const counts = Uint32Array.of(blocks.length, runs.length, values.length);
  return toBytes(counts, Uint32Array.from(table), segments, values, runs);
}

/** Reads what `chunkToBytes` wrote. */
export function chunkFromBytes(bytes: Uint8Array): Chunk {
  const buffer = bufferOf(bytes);
  const [blocks = 0, runs = 0, values = 0] = new Uint32Array(buffer, 0, 3);
  let at = 12;
  const wide = (length: number) => {
    const column = new Uint32Array(buffer, at, length);
    at += column.byteLength;
    return column;
  };
  return {
    blocks: blocksFrom(wide(blocks * STRIDE)),
    segments: wide(runs),
    values: signed(wide(values)),
    runs: new Uint16Array(buffer, at, runs),
  };
}
