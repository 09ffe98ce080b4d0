// What may stand at a place of the arguments, in words, read from the input schema.
import type { Json, JsonObject } from "../catalog.ts";
import type { Path } from "./issues.ts";
import type { Schema } from "./schema.ts";
import { count, listOf } from "./words.ts";

function asSchema(json: Json | undefined): Schema | undefined {
  return typeof json === "object" && json !== null && !Array.isArray(json) ? json : undefined;
}

function resolved(schema: Schema | undefined, root: Schema): Schema | undefined {
  const ref = schema?.$ref;
  if (typeof ref !== "string") return schema;
  return asSchema(asSchema(root.$defs)?.[ref.slice("#/$defs/".length)]);
}

/** The schema of the place to which a path leads; undefined where the schema has no such place. */
export function schemaAt(root: Schema, path: Path): Schema | undefined {
  let here: Schema | undefined = root;
  for (const segment of path) {
    here = resolved(here, root);
    if (typeof segment === "number") here = asSchema(here?.items);
    else here = asSchema(asSchema(here?.properties)?.[segment]) ?? asSchema(here?.additionalProperties);
  }
  return resolved(here, root);
}

function range(low: Json | undefined, high: Json | undefined, unit: string): string | undefined {
  const [least, most] = [low, high].map((bound) => (typeof bound === "number" ? count(bound) : undefined));
  if (least !== undefined && most !== undefined)
    return least === most ? `${least}${unit}` : `${least} to ${most}${unit}`;
  if (least !== undefined) return `at least ${least}${unit}`;
  return most === undefined ? undefined : `at most ${most}${unit}`;
}

const KINDS: Readonly<Record<string, string>> = {
  boolean: "true or false",
  integer: "a whole number",
  number: "a number",
  string: "a string",
  array: "an array",
  object: "an object",
};

/** What a schema allows, such as `a string, 1 to 5,000 characters`; undefined for no schema. */
export function allowedBy(schema: JsonObject | undefined): string | undefined {
  if (!schema) return undefined;
  if (Array.isArray(schema.enum)) return `one of ${listOf(schema.enum.map(String))}`;
  if (schema.const !== undefined) return String(schema.const);
  if (Array.isArray(schema.anyOf) && schema.type === undefined) {
    return listOf(schema.anyOf.flatMap((branch) => allowedBy(asSchema(branch)) ?? []));
  }
  const names = asSchema(schema.properties);
  const parts = [
    KINDS[String(schema.type)],
    range(schema.minLength, schema.maxLength, " characters"),
    range(schema.minimum, schema.maximum, ""),
    schema.exclusiveMinimum !== undefined && `more than ${schema.exclusiveMinimum}`,
    schema.exclusiveMaximum !== undefined && `less than ${schema.exclusiveMaximum}`,
    range(schema.minItems, schema.maxItems, " items"),
    range(schema.minProperties, schema.maxProperties, " entries"),
    schema.uniqueItems && "no item twice",
    schema.format && `in the format ${schema.format}`,
    schema.pattern && `matching ${schema.pattern}`,
    names && `with ${listOf(Object.keys(names), "and")}`,
  ];
  return parts.filter((part) => typeof part === "string").join(", ") || undefined;
}
