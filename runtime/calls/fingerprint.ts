// Telling whether two requests ask for the same thing.
import { hash } from "node:crypto";
import { type DescMessage, type MessageShape, toJson } from "@bufbuild/protobuf";

function sorted(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** SHA-256 of a value as JSON, as base64url: the same for the same value, in whatever order the keys of its objects stand. */
export function hashOfJson(value: unknown): string {
  return hash("sha256", JSON.stringify(value, sorted), "base64url");
}

/**
 * SHA-256 of a message without the fields named in `except` (proto names), as base64url.
 *
 * Taken over ProtoJSON with sorted keys, because the binary form keeps the entries of a map in whatever order they came.
 */
export function fingerprint<D extends DescMessage>(
  schema: D,
  message: MessageShape<D>,
  except: readonly string[],
): string {
  const json = { ...(toJson(schema, message) as Record<string, unknown>) };
  for (const field of schema.fields) {
    if (except.includes(field.name)) delete json[field.jsonName];
  }
  return hashOfJson(json);
}
