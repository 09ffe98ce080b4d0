// Telling whether two requests ask for the same thing.
import { hash } from "node:crypto";
import { type DescMessage, type MessageShape, toJson } from "@bufbuild/protobuf";

function sorted(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** JSON with the keys of all objects in order: the same for the same value. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, sorted);
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
  return hash("sha256", canonicalJson(json), "base64url");
}
