// What is wrong with the arguments of a call, and where.
import { fitText } from "../../runtime/errors.ts";
import type { Json } from "../catalog.ts";

/** Where something stands: names of fields and keys, and indexes in lists. */
export type Path = readonly (string | number)[];

/** One thing that has to be changed before the call can be made. */
export interface Issue {
  readonly path: Path;
  /** Names the kind of mistake, such as `unknown_argument`, or the rule of the proto, such as `string.min_len`. */
  readonly rule: string;
  readonly message: string;
}

const MAX_NAME_BYTES = 64;

/** A name that the caller has chosen, at any length, as it is said in a message. */
export function shownName(name: string): string {
  return fitText(name, MAX_NAME_BYTES);
}

/** A path as JSONPath (RFC 9535) in proto names: `$.tags[2]`, `$.labels["a b"]`. */
export function jsonPath(path: Path): string {
  const segments = path.map((segment) => {
    if (typeof segment === "number") return `[${segment}]`;
    const name = shownName(segment);
    return /^[A-Za-z_]\w*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
  });
  return `$${segments.join("")}`;
}

const PREVIEW_LENGTH = 40;

/** A value as it is named in a message: `the string "soon"`, `null`, `an array`. */
export function shownAs(value: Json | undefined): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  const text = JSON.stringify(value);
  return `the ${typeof value} ${text.length > PREVIEW_LENGTH ? `${text.slice(0, PREVIEW_LENGTH)}…` : text}`;
}
