// A request_id made from the key that the client gave for its call, so that the same call twice has one effect (AIP-155).
import { hash } from "node:crypto";
import { AUTOMATIC_ID } from "../../runtime/calls/call.ts";
import { hashOfJson } from "../../runtime/calls/fingerprint.ts";
import type { JsonObject } from "../catalog.ts";
import type { Schema } from "./schema.ts";

/** The field that makes a retry safe (AIP-155). */
export const REQUEST_ID = "request_id";
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** RFC 9562, version 8: 122 bits of a hash. */
function uuidOf(hash: Buffer): string {
  const bytes = Buffer.from(hash.subarray(0, 16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function fits(id: string, { minLength = 0, maxLength, format, pattern }: Schema): boolean {
  const length = [...id].length;
  if (length < Number(minLength) || (maxLength !== undefined && length > Number(maxLength))) return false;
  if (format === "uuid" && !UUID.test(id)) return false;
  return pattern === undefined || new RegExp(String(pattern), "u").test(id);
}

/** A key for a call that brought none: the same for the same tool and arguments. */
export function automaticKey(tool: string, args: JsonObject): string {
  return `${AUTOMATIC_ID}${hashOfJson([tool, args])}`;
}

/**
 * The arguments with `request_id`, where the tool has one, the arguments have none, and there is a key: the key itself where
 * the field's rules allow it, else a hash of it in a form that they allow.
 */
export function withRequestKey(args: JsonObject, properties: Schema, key: string | undefined): JsonObject {
  const schema = properties[REQUEST_ID] as Schema | undefined;
  if (!key || schema?.type !== "string" || args[REQUEST_ID] !== undefined || args.requestId !== undefined) return args;
  const hashed = hash("sha256", key, "buffer");
  const plain = /^[\x21-\x7e]{1,128}$/.test(key) ? [key] : [];
  const forms = [...plain, uuidOf(hashed), hashed.toString("hex"), hashed.toString("hex").slice(0, 32)];
  const id = forms.find((form) => fits(form, schema));
  return id === undefined ? args : { ...args, [REQUEST_ID]: id };
}
