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
