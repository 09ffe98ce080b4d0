// Names and lists in the form in which a model reads them.

/** `HandleTicket` → `handle_ticket`, `GetHTTPInfo` → `get_http_info`. */
export function snakeCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2")
    .toLowerCase();
}

/** `HandleTicket` or `handle_ticket` → `Handle ticket`. */
export function inWords(name: string): string {
  const words = snakeCase(name).replaceAll(/[_.]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** `a`, `a or b`, `a, b or c`. */
export function listOf(items: readonly string[], conjunction: "and" | "or" = "or"): string {
  const last = items.at(-1);
  if (last === undefined || items.length === 1) return last ?? "";
  return `${items.slice(0, -1).join(", ")} ${conjunction} ${last}`;
}

/** A whole number with its thousands set off: `1,000`. */
export function count(value: number | bigint): string {
  return value.toLocaleString("en-US");
}

/** A comment as a paragraph: lines that were only wrapped become one; blank lines and list items stay. */
export function unwrapped(comment: string): string {
  return comment
    .split("\n")
    .filter((line) => !/^\s*buf:lint:ignore/.test(line))
    .join("\n")
    .replaceAll(/([^\n])\n(?!\n|\s*(?:[-*•]|\d+[.)])\s)\s*/g, "$1 ")
    .trim();
}

/** Sentences joined into one text; what is empty is left out. */
export function paragraph(...sentences: readonly (string | undefined)[]): string {
  return sentences.filter(Boolean).join(" ");
}
