// Whose the facts of a chunk are: customer by customer, because a question is about all of them or about few.
import { bufferOf, toBytes } from "./bytes.ts";
import { isActivity } from "./fact-code.ts";

/** The customers of a chunk's facts. */
export interface Owners {
  /** Their numbers, rising. */
  readonly ids: Uint32Array;
  /** How many of the facts of each are activity. */
  readonly activity: Uint32Array;
  /** Where the facts of each are in the chunk, of one customer after the other. */
  readonly places: Uint16Array;
  /** Where the places of each begin; those of the last one end with all. */
  readonly begins: Uint32Array;
}

/** Finds the owners of facts in the order of their chunk, 2^16 at most. */
export function ownersOf(customers: Uint32Array, codes: Uint32Array): Owners {
  const keys = Float64Array.from(customers, (customer, place) => customer * 2 ** 16 + place).sort();
  const places = Uint16Array.from(keys, (key) => key % 2 ** 16);
  const [ids, begins, activity]: [number[], number[], number[]] = [[], [], []];
  for (const [index, place] of places.entries()) {
    const customer = customers[place] as number;
    if (ids.at(-1) !== customer) {
      ids.push(customer);
      begins.push(index);
      activity.push(0);
    }
    if (isActivity(codes[place] as number)) (activity[ids.length - 1] as number) += 1;
  }
  return { ids: Uint32Array.from(ids), activity: Uint32Array.from(activity), places, begins: Uint32Array.from(begins) };
}

/** The customer of each fact. */
export function customersOf({ ids, places, begins }: Owners): Uint32Array {
  const customers = new Uint32Array(places.length);
  for (let owner = 0; owner < ids.length; owner++) {
    const end = begins[owner + 1] ?? places.length;
    for (let at = begins[owner] as number; at < end; at++) customers[places[at] as number] = ids[owner] as number;
  }
  return customers;
}

/** Owners as bytes: how many, then who, how many facts and how much activity each has, and the places. */
export function ownersToBytes({ ids, activity, places, begins }: Owners): Uint8Array {
  const facts = begins.map((begin, owner) => (begins[owner + 1] ?? places.length) - begin);
  return toBytes(Uint32Array.of(ids.length), ids, facts, activity, places);
}

/** Reads what `ownersToBytes` wrote, and takes the bytes over. */
export function ownersFromBytes(bytes: Uint8Array): Owners {
  const buffer = bufferOf(bytes);
  const [count = 0] = new Uint32Array(buffer, 0, 1);
  const column = (number: number) => new Uint32Array(buffer, 4 + 4 * number * count, count);
  // In the memory of the column that they are made from.
  const begins = column(1);
  let begin = 0;
  for (const [owner, facts] of begins.entries()) {
    begins[owner] = begin;
    begin += facts;
  }
  return { ids: column(0), activity: column(2), places: new Uint16Array(buffer, 4 + 12 * count), begins };
}
