// Identifiers as people read them: a prefix and a number, such as TKT-1001.

/** Prefixes of identifiers, by what they name. */
export type IdPrefix = "APR" | "COR" | "CUS" | "MSG" | "NOTE" | "TKT" | "WHK";

/** Writes a number as an identifier: `TKT-1001`. */
export function formatId(prefix: IdPrefix, number: number): string {
  return `${prefix}-${number}`;
}

/** Reads the number of an identifier that its proto has validated. */
export function parseId(id: string): number {
  return Number(id.slice(id.indexOf("-") + 1));
}

/** The number in a text that is an identifier and nothing else, such as a search for `tkt-1001`; undefined for any other text. */
export function numberIn(prefix: IdPrefix, text: string): number | undefined {
  const [, number] = new RegExp(`^${prefix}-([1-9][0-9]{3,14})$`, "i").exec(text.trim()) ?? [];
  return number === undefined ? undefined : Number(number);
}
