// Facts as columns: some thousand of them in one piece of memory, as they are stored and as they are counted.
//
// What few facts have (`values`) is kept apart, in the order of the facts; what many have in common (segment, customer) is
// numbered within the chunk, as in the dictionary encoding of Apache Parquet.
import { Answered, type Fact, KINDS, type Mood } from "./facts.ts";

/** Facts in one chunk at most; their local numbers fit into 16 bits. */
export const CHUNK_FACTS = 2048;

/** A fact with the numbers under which its segment, customer and engine are known. */
export interface NumberedFact {
  readonly fact: Fact;
  readonly segment: number;
  readonly customer: number;
  /** 0 where no text was read. */
  readonly engine: number;
}

/** Columns of facts, in the order in which they came; whose tickets they are of is kept apart, see `Customers`. */
export interface Chunk {
  readonly count: number;
  /** Seconds since 1970, from 0 on. */
  readonly times: Uint32Array;
  /** What kind of fact it is and what it says in few bits, see `Code`. */
  readonly codes: Uint16Array;
  /** Indexes into `segmentIds`. */
  readonly segments: Uint16Array;
  readonly segmentIds: Uint32Array;
  /** One value for each text, two (seconds on the wall, of business) for each length of time; see `Code.values`. */
  readonly values: Uint32Array;
}

/** The customers of a chunk's facts: few questions ask for them. */
export interface Customers {
  /** Indexes into `customerIds`. */
  readonly customers: Uint16Array;
  readonly customerIds: Uint32Array;
}

/** A chunk with its customers. */
export type WholeChunk = Chunk & Customers;

const bits = (from: number, width: number) => ({
  of: (value: number) => value << from,
  in: (code: number) => (code >>> from) & ((1 << width) - 1),
});

/** Lengths of time, numbered for storage; 0 is none. */
export const Span = { NONE: 0, FIRST: 1, NEXT: 2, RESOLUTION: 3 } as const;
const BACKLOG = [0, 1, -1] as const;

/** The parts of a fact's code. */
export const Code = {
  kind: bits(0, 4),
  /** Index into 0, +1, -1. */
  backlog: bits(4, 2),
  answered: bits(6, 2),
  span: bits(8, 2),
  met: bits(10, 1),
  /** How many values a fact with this code has. */
  values: (code: number) => ((code & 15) < 2 ? 1 : (code >>> 8) & 3 ? 2 : 0),
  /** What it does to the backlog. */
  change: (code: number): number => BACKLOG[(code >>> 4) & 3] ?? 0,
} as const;

/** Engines beyond this number are told apart no more. */
export const MAX_ENGINE = 2047;
const SCORES = 10_000;
const score = bits(0, 15);
const sentiment = bits(15, 2);
const category = bits(17, 4);
const engine = bits(21, 11);

/** How a text reads, in one value. */
export const MoodValue = {
  of: (mood: Mood, engineNumber: number) =>
    (score.of(Math.round((mood.score + 1) * SCORES)) |
      sentiment.of(mood.sentiment) |
      category.of(mood.category) |
      engine.of(Math.min(engineNumber, MAX_ENGINE))) >>>
    0,
  /** In ten-thousandths. */
  score: (value: number) => score.in(value) - SCORES,
  sentiment: sentiment.in,
  category: category.in,
  engine: engine.in,
} as const;

const MAX_TIME = 2 ** 32 - 1;
const MAX_SECONDS = 2 ** 31 - 1;

/** Milliseconds UTC as the seconds that facts have: before 1970 is 1970, after 2106 is 2106. */
export function toSeconds(ms: number): number {
  return Math.min(Math.max(Math.floor(ms / 1000), 0), MAX_TIME);
}

const length = (ms: number) => Math.min(Math.round(ms / 1000), MAX_SECONDS);

function encode({ fact, engine: engineNumber }: NumberedFact): { code: number; values: readonly number[] } {
  const kind = KINDS.indexOf(fact.kind);
  const common = Code.kind.of(kind) | Code.backlog.of(BACKLOG.indexOf(fact.backlog));
  const spanned = (span: number, { wall, business, met }: { wall: number; business: number; met: boolean }) => ({
    bits: Code.span.of(span) | Code.met.of(met ? 1 : 0),
    values: [length(wall), length(business)],
  });
  switch (fact.kind) {
    case "created":
    case "message":
      return { code: common, values: [MoodValue.of(fact.mood, engineNumber)] };
    case "reply": {
      const { response } = fact;
      const span = response && spanned(response.of === "first" ? Span.FIRST : Span.NEXT, response);
      return { code: common | Code.answered.of(fact.by) | (span?.bits ?? 0), values: span?.values ?? [] };
    }
    case "resolved": {
      const span = spanned(Span.RESOLUTION, fact.resolution);
      return { code: common | Code.answered.of(fact.by) | span.bits, values: span.values };
    }
    default:
      return { code: common | Code.answered.of(Answered.NOBODY), values: [] };
  }
}

/** Numbers what comes, in the order in which it comes first. */
class LocalNumbers {
  readonly ids: number[];
  readonly #index = new Map<number, number>();

  constructor(ids: Iterable<number>) {
    this.ids = [...ids];
    for (const [index, id] of this.ids.entries()) this.#index.set(id, index);
  }

  of(id: number): number {
    const known = this.#index.get(id);
    if (known !== undefined) return known;
    this.#index.set(id, this.ids.length);
    return this.ids.push(id) - 1;
  }
}

const extended = <A extends Uint16Array | Uint32Array>(column: A, more: readonly number[]): A => {
  const longer = new (column.constructor as new (length: number) => A)(column.length + more.length);
  longer.set(column);
  longer.set(more, column.length);
  return longer;
};

/** A chunk without facts. */
export const EMPTY: WholeChunk = {
  count: 0,
  times: new Uint32Array(),
  codes: new Uint16Array(),
  segments: new Uint16Array(),
  customers: new Uint16Array(),
  segmentIds: new Uint32Array(),
  customerIds: new Uint32Array(),
  values: new Uint32Array(),
};

/** A chunk with these facts after those of another. */
export function extend(chunk: WholeChunk, facts: readonly NumberedFact[]): WholeChunk {
  const segments = new LocalNumbers(chunk.segmentIds);
  const customers = new LocalNumbers(chunk.customerIds);
  const encoded = facts.map(encode);
  return {
    count: chunk.count + facts.length,
    times: extended(
      chunk.times,
      facts.map(({ fact }) => toSeconds(fact.time)),
    ),
    codes: extended(
      chunk.codes,
      encoded.map(({ code }) => code),
    ),
    segments: extended(
      chunk.segments,
      facts.map(({ segment }) => segments.of(segment)),
    ),
    customers: extended(
      chunk.customers,
      facts.map(({ customer }) => customers.of(customer)),
    ),
    segmentIds: Uint32Array.from(segments.ids),
    customerIds: Uint32Array.from(customers.ids),
    values: extended(
      chunk.values,
      encoded.flatMap(({ values }) => values),
    ),
  };
}

/** Columns side by side as bytes, little-endian; those of 32 bits come first. */
function bytesOf(columns: readonly (Uint16Array | Uint32Array)[]): Uint8Array {
  const bytes = new Uint8Array(columns.reduce((length, { byteLength }) => length + byteLength, 0));
  let at = 0;
  for (const { buffer, byteOffset, byteLength } of columns) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return bytes;
}

/** Takes columns off bytes, one after the other. */
class Columns {
  readonly #buffer: ArrayBuffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    // A copy of its own: the driver's piece of memory may be part of a larger one, and may begin anywhere in it.
    this.#buffer = new Uint8Array(bytes).buffer;
  }

  wide(length: number): Uint32Array {
    const column = new Uint32Array(this.#buffer, this.#at, length);
    this.#at += column.byteLength;
    return column;
  }

  narrow(length: number): Uint16Array {
    const column = new Uint16Array(this.#buffer, this.#at, length);
    this.#at += column.byteLength;
    return column;
  }
}

/** A chunk without its customers as bytes: three counts, then the columns. */
export function toBytes({ count, times, codes, segments, segmentIds, values }: Chunk): Uint8Array {
  const header = Uint32Array.of(count, segmentIds.length, values.length);
  return bytesOf([header, times, segmentIds, values, codes, segments]);
}

/** Reads what `toBytes` wrote. */
export function fromBytes(bytes: Uint8Array): Chunk {
  const columns = new Columns(bytes);
  const [count = 0, segmentCount = 0, valueCount = 0] = columns.wide(3);
  const times = columns.wide(count);
  const [segmentIds, values] = [columns.wide(segmentCount), columns.wide(valueCount)];
  return { count, times, segmentIds, values, codes: columns.narrow(count), segments: columns.narrow(count) };
}

/** The customers of a chunk as bytes: two counts, then the columns. */
export function customersToBytes({ customers, customerIds }: Customers): Uint8Array {
  return bytesOf([Uint32Array.of(customers.length, customerIds.length), customerIds, customers]);
}

/** Reads what `customersToBytes` wrote. */
export function customersFromBytes(bytes: Uint8Array): Customers {
  const columns = new Columns(bytes);
  const [count = 0, idCount = 0] = columns.wide(2);
  const customerIds = columns.wide(idCount);
  return { customerIds, customers: columns.narrow(count) };
}

/** What the chunk as a whole does to the backlog: pairs of a segment's number and the change. */
export function balanceOf({ count, codes, segments, segmentIds }: Chunk): Int32Array {
  const changes = new Int32Array(segmentIds.length);
  for (let index = 0; index < count; index++) {
    const segment = segments[index] as number;
    changes[segment] = (changes[segment] as number) + Code.change(codes[index] as number);
  }
  const pairs: number[] = [];
  for (const [index, change] of changes.entries()) if (change !== 0) pairs.push(segmentIds[index] as number, change);
  return Int32Array.from(pairs);
}
