// Variables that nothing reads, though somebody may have meant one that something does.
import { nearest } from "../nearest.ts";
import type { Environment, Variables } from "./read.ts";

/** Of short names too many others differ in a letter or two: HOST and HOME, PORT and PATH. */
const SHORTEST = 6;

/** What others read: OpenSSL, and with it Node. */
const OTHERS = new Set(["SSL_CERT_FILE"]);

/** A variable in the environment that is not read, and the one that was most likely meant. */
export interface Misspelt {
  readonly name: string;
  readonly meant: string;
}

/** Finds variables whose names are within a letter or two of one that is read; `_FILE` belongs to secrets alone. */
export function misspelt(variables: Variables, environment: Environment): Misspelt[] {
  const known = Object.entries(variables).flatMap(([name, { mask }]) => (mask ? [name, `${name}_FILE`] : [name]));
  const read = new Set(known);
  const long = known.filter((name) => name.length >= SHORTEST);
  return Object.keys(environment).flatMap((name) => {
    if (read.has(name) || OTHERS.has(name) || name.length < SHORTEST || environment[name] === "") return [];
    const meant = nearest(name, long, name.length < 10 ? 1 : 2);
    return meant === undefined ? [] : [{ name, meant }];
  });
}
