// Whose the facts of a chunk are: customer by customer, because a question is about all of them or about few.
import { bufferOf, toBytes } from "./bytes.ts";
import { isActivity } from "./fact-code.ts";

/** The customers of a chunk's facts. */
export interface Owners {
  /** Their numbers, rising. */
  readonly ids: Uint32Array;
  /** How many facts each has, and how many of them are activity. */
  readonly facts: Uint32Array;
  readonly activity: Uint32Array;
  /** Where the facts of each are in the chunk, of one customer after the other. */
  readonly places: Uint16Array;
}

/** Finds the owners of facts in the order of their chunk, 2^16 at most. */
export function ownersOf(customers: Uint32Array, codes: Uint32Array): Owners {
  const keys = Float64Array.from(customers, (customer, place) => customer * 2 ** 16 + place).sort();
  const places = Uint16Array.from(keys, (key) => key % 2 ** 16);
  const [ids, facts, activity]: [number[], number[], number[]] = [[], [], []];
  for (const place of places) {
    const customer = customers[place] as number;
    if (ids.at(-1) !== customer) {
      ids.push(customer);
      facts.push(0);
      activity.push(0);
    }
    const last = ids.length - 1;
    (facts[last] as number) += 1;
    if (isActivity(codes[place] as number)) (activity[last] as number) += 1;
  }
  return { ids: Uint32Array.from(ids), facts: Uint32Array.from(facts), activity: Uint32Array.from(activity), places };
}

/** The customer of each fact. */
export function customersOf({ ids, facts, places }: Owners): Uint32Array {
  const customers = new Uint32Array(places.length);
  let at = 0;
  for (let owner = 0; owner < ids.length; owner++) {
    for (const end = at + (facts[owner] as number); at < end; at++)
      customers[places[at] as number] = ids[owner] as number;
  }
  return customers;
}

/** Owners as bytes: how many, then the columns, those of 32 bits first. */
export function ownersToBytes({ ids, facts, activity, places }: Owners): Uint8Array {
  return toBytes(Uint32Array.of(ids.length), ids, facts, activity, places);
}

/** Reads what `ownersToBytes` wrote. */
export function ownersFromBytes(bytes: Uint8Array): Owners {
  const buffer = bufferOf(bytes);
  const [count = 0] = new Uint32Array(buffer, 0, 1);
  const column = (number: number) => new Uint32Array(buffer, 4 + 4 * number * count, count);
  const places = new Uint16Array(buffer, 4 + 12 * count);
  return { ids: column(0), facts: column(1), activity: column(2), places };
}
