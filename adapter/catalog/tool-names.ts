// Tool names: `^[a-zA-Z0-9_-]{1,64}$`, for one bad name makes some clients withhold every tool of the server.
import { hash } from "node:crypto";
import type { DescMethod } from "@bufbuild/protobuf";
import { snakeCase } from "./words.ts";

const MAX_LENGTH = 64;
const HASH_LENGTH = 8;

function fullName(method: DescMethod): string {
  return `${method.parent.typeName}.${method.name}`;
}

function shortened(name: string, method: DescMethod): string {
  if (name.length <= MAX_LENGTH) return name;
  const ending = hash("sha256", fullName(method), "hex").slice(0, HASH_LENGTH);
  return `${name.slice(0, MAX_LENGTH - HASH_LENGTH - 1)}_${ending}`;
}

/** From the plainest name to one that is unique, because full names are and the hash is made from them. */
const forms: readonly ((method: DescMethod) => string)[] = [
  ({ name }) => snakeCase(name),
  ({ name, parent }) => `${snakeCase(parent.name.replace(/Service$/, "") || parent.name)}_${snakeCase(name)}`,
  (method) => snakeCase(fullName(method)).replaceAll(".", "_"),
  (method) => `${snakeCase(fullName(method)).replaceAll(".", "_").padEnd(MAX_LENGTH, "_")}_`,
];

/**
 * A name for each method: its own in snake_case; with the service's before it where two methods would have the same, or the
 * package's too where that is not enough; cut and given a hash of its full name where it is longer than 64 characters.
 */
export function toolNames(methods: readonly DescMethod[]): ReadonlyMap<DescMethod, string> {
  const names = new Map<DescMethod, string>();
  let open = [...methods];
  for (const form of forms) {
    const taken = new Set(names.values());
    const groups = Map.groupBy(open, (method) => shortened(form(method), method));
    open = [];
    for (const [name, group] of groups) {
      const [only] = group;
      if (only && group.length === 1 && !taken.has(name)) names.set(only, name);
      else open.push(...group);
    }
  }
  if (open.length > 0) throw new TypeError(`No distinct tool names for ${open.map(fullName).join(", ")}`);
  return names;
}
