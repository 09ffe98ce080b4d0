// Identifiers as people read them: a prefix and a number, such as TKT-1001.

/** Prefixes of identifiers, by what they name. */
export type IdPrefix = "APR" | "COR" | "CUS" | "MSG" | "NOTE" | "TKT" | "WHK";

const NUMBER = "[1-9][0-9]{3,14}";
const ID = new RegExp(`^([A-Z]{3,4})-${NUMBER}$`);

/** Writes a number as an identifier: `TKT-1001`. */
export function formatId(prefix: IdPrefix, number: number): string {
  return `${prefix}-${number}`;
}

/** Reads the number of an identifier that its proto has validated. */
export function parseId(id: string): number {
  return Number(id.slice(id.indexOf("-") + 1));
}

/** Whether a text is an identifier and nothing else; where a prefix is given, one of those. */
export function isId(text: string, prefix?: IdPrefix): boolean {
  const found = ID.exec(text);
  return found !== null && (prefix === undefined || found[1] === prefix);
}

/** The number in a text that is an identifier and nothing else, such as a search for `tkt-1001`; undefined for any other text. */
export function numberIn(prefix: IdPrefix, text: string): number | undefined {
  const [, number] = new RegExp(`^${prefix}-(${NUMBER})$`, "i").exec(text.trim()) ?? [];
  return number === undefined ? undefined : Number(number);
}
