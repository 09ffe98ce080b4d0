// Facts as columns, side by side and in any order: what chunks are put together from.
import { Code, encode, type NumberedFact, toSeconds } from "./fact-code.ts";

const NAMES = ["times", "codes", "segments", "customers", "firsts", "seconds"] as const;

/** One number a fact in each column: seconds since 1970, its code, whose it is, and the values that it has, else 0. */
export type Columns = Readonly<Record<(typeof NAMES)[number], Uint32Array>>;

const mapped = (column: (name: (typeof NAMES)[number]) => Uint32Array): Columns => ({
  times: column("times"),
  codes: column("codes"),
  segments: column("segments"),
  customers: column("customers"),
  firsts: column("firsts"),
  seconds: column("seconds"),
});

/** Room for so many facts. */
export const blank = (count: number): Columns => mapped(() => new Uint32Array(count));

/** The columns of facts. */
export function columnsOf(facts: readonly NumberedFact[]): Columns {
  const columns = blank(facts.length);
  for (const [index, numbered] of facts.entries()) {
    const { code, values } = encode(numbered);
    columns.times[index] = toSeconds(numbered.fact.time);
    columns.codes[index] = code;
    columns.segments[index] = numbered.segment;
    columns.customers[index] = numbered.customer;
    [columns.firsts[index] = 0, columns.seconds[index] = 0] = values;
  }
  return columns;
}

/** All facts of several, one after the other. */
export function joined(parts: readonly Columns[]): Columns {
  const all = blank(parts.reduce((sum, { times }) => sum + times.length, 0));
  let at = 0;
  for (const part of parts) {
    for (const name of NAMES) all[name].set(part[name], at);
    at += part.times.length;
  }
  return all;
}

/** Some of the facts. */
export const slice = (columns: Columns, from: number, to: number): Columns =>
  mapped((name) => columns[name].subarray(from, to));

/** The facts in another order. */
export function reordered(columns: Columns, order: Uint32Array): Columns {
  return mapped((name) => {
    const column = columns[name];
    return Uint32Array.from(order, (index) => column[index] as number);
  });
}

/** What facts do to the backlog together: pairs of a segment's number and the change. */
export function balanceOf({ codes, segments }: Columns): Int32Array {
  const changes = new Map<number, number>();
  for (const [index, code] of codes.entries()) {
    const [segment, change] = [segments[index] as number, Code.change(code)];
    if (change !== 0) changes.set(segment, (changes.get(segment) ?? 0) + change);
  }
  return Int32Array.from([...changes].filter(([, change]) => change !== 0).flat());
}
