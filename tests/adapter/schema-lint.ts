// What model APIs and MCP clients refuse in a tool, found before they do.
import type { Json, JsonObject, ToolDefinition } from "../../adapter/catalog.ts";

const NAME = /^[a-zA-Z0-9_-]{1,64}$/;
/** Refused at the root by the big model APIs. */
const ROOT_UNIONS = ["oneOf", "anyOf", "allOf", "enum", "not", "if"];
const MAX_DESCRIPTION = 4_096;

function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function hasType(schema: JsonObject): boolean {
  if (typeof schema.type === "string" || typeof schema.$ref === "string") return true;
  const { anyOf } = schema;
  return Array.isArray(anyOf) && anyOf.length > 0 && anyOf.every((branch) => isObject(branch) && hasType(branch));
}

/** Walks a schema and reports each place that lacks what it should have. */
function lintSchema(schema: JsonObject, at: string, definitions: JsonObject, report: (problem: string) => void): void {
  if (!hasType(schema)) report(`${at}: no type`);
  if (Array.isArray(schema.type)) report(`${at}: several types`);
  if (typeof schema.$ref === "string" && !(schema.$ref.replace("#/$defs/", "") in definitions)) {
    report(`${at}: ${schema.$ref} leads nowhere`);
  }
  if (schema.type === "array" && !isObject(schema.items)) report(`${at}: no items`);
  if (Array.isArray(schema.enum) && schema.enum.length === 0) report(`${at}: an empty enum`);
  if (schema.type === "object" && schema.additionalProperties === undefined) report(`${at}: open to any property`);
  const properties = isObject(schema.properties) ? schema.properties : {};
  for (const name of (schema.required as string[] | undefined) ?? []) {
    if (!(name in properties)) report(`${at}: requires ${name}, which is no property`);
  }
  for (const [name, property] of Object.entries(properties)) {
    if (!isObject(property)) continue;
    const { description } = property;
    if (typeof description !== "string" || !description.trim()) report(`${at}.${name}: no description`);
    else if (description.length > MAX_DESCRIPTION) report(`${at}.${name}: a description of ${description.length}`);
    lintSchema(property, `${at}.${name}`, definitions, report);
  }
  if (isObject(schema.items)) lintSchema(schema.items, `${at}[]`, definitions, report);
  if (isObject(schema.additionalProperties)) lintSchema(schema.additionalProperties, `${at}{}`, definitions, report);
}

/** Every problem of a tool's definition, each with the place where it is; empty for a good one. */
export function lintTool({ name, title, description, inputSchema, outputSchema }: ToolDefinition): string[] {
  const problems: string[] = [];
  if (!NAME.test(name)) problems.push(`${name}: not a name that every client takes`);
  if (!title.trim()) problems.push(`${name}: no title`);
  if (!description.trim()) problems.push(`${name}: no description`);
  for (const [part, schema] of Object.entries({ input: inputSchema, output: outputSchema })) {
    const at = `${name} ${part}`;
    if (schema.type !== "object") problems.push(`${at}: the root is no object`);
    for (const union of ROOT_UNIONS) if (union in schema) problems.push(`${at}: ${union} at the root`);
    const definitions = isObject(schema.$defs) ? schema.$defs : {};
    lintSchema(schema, at, definitions, (problem) => problems.push(problem));
    for (const [key, definition] of Object.entries(definitions)) {
      if (isObject(definition)) {
        lintSchema(definition, `${at} $defs/${key}`, definitions, (problem) => problems.push(problem));
      }
    }
  }
  return problems;
}
