// JSON Schema (draft 2020-12) as the catalog builds it.
import type { Json, JsonObject } from "../catalog.ts";

/** A JSON Schema, or a part of one. */
export type Schema = JsonObject;
/** One of objects. */
export type ObjectSchema = JsonObject & { type: "object" };

/** What a rule adds to a schema: keywords, and words for what has none. */
export interface Constraint {
  readonly keywords?: Schema;
  readonly words?: readonly string[];
}

/** A value in a result that is always an object of these properties and no others. */
export function objectOf(properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): ObjectSchema {
  return {
    type: "object",
    properties: { ...properties },
    ...(required.length > 0 && { required: [...required] }),
    additionalProperties: false,
  };
}

/** A schema with a description behind the one it has. */
export function described(schema: Schema, description: string): Schema {
  return description ? { ...schema, description } : schema;
}

/** Several schemas that all hold: merged where they name different keywords, else under `allOf`. */
export function allOf(schemas: readonly Schema[]): Schema {
  const merged: Schema = {};
  const rest: Json[] = [];
  for (const schema of schemas) {
    if (Object.keys(schema).some((key) => key in merged)) rest.push(schema);
    else Object.assign(merged, schema);
  }
  return rest.length > 0 ? { ...merged, allOf: rest } : merged;
}
