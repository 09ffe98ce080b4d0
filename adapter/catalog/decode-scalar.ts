// A tool's JSON for one scalar → the value that a Protobuf message holds.
import { ScalarType } from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import type { Json } from "../catalog.ts";
import { unwrapUntrusted } from "./untrusted.ts";

/** Thrown for a value of the wrong kind; the message says what is wanted, without the value. */
export class WrongValue extends Error {}

interface Range {
  readonly low: bigint;
  readonly high: bigint;
}

const INT32: Range = { low: -(2n ** 31n), high: 2n ** 31n - 1n };
const UINT32: Range = { low: 0n, high: 2n ** 32n - 1n };
const INT64: Range = { low: -(2n ** 63n), high: 2n ** 63n - 1n };
const UINT64: Range = { low: 0n, high: 2n ** 64n - 1n };
const MAX_FLOAT = 3.4028234663852886e38;

function integer(json: Json, { low, high }: Range): bigint {
  const wanted = `a whole number from ${low} to ${high}`;
  if (typeof json === "number" && Number.isInteger(json) && !Number.isSafeInteger(json)) {
    throw new WrongValue(`${wanted}; one this large must be a string, because JSON numbers lose digits`);
  }
  const text = typeof json === "number" && Number.isInteger(json) ? String(json) : json;
  if (typeof text !== "string" || !/^-?\d{1,20}$/.test(text)) throw new WrongValue(wanted);
  const value = BigInt(text);
  if (value < low || value > high) throw new WrongValue(wanted);
  return value;
}

function float(json: Json, max: number): number {
  if (json === "NaN" || json === "Infinity" || json === "-Infinity") return Number(json);
  const value = typeof json === "string" && /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(json) ? Number(json) : json;
  if (typeof value !== "number" || Math.abs(value) > max) throw new WrongValue("a number");
  return value;
}

function bytes(json: Json): Uint8Array<ArrayBuffer> {
  if (typeof json !== "string") throw new WrongValue("a base64 string");
  try {
    return base64Decode(json);
  } catch {
    throw new WrongValue("a base64 string");
  }
}

function text(json: Json): string {
  if (typeof json !== "string") throw new WrongValue("a string");
  if (!json.isWellFormed()) throw new WrongValue("a string without half surrogate pairs");
  return unwrapUntrusted(json);
}

/**
 * Reads a scalar. Beside the canonical form it takes numbers for 64-bit integers, strings of digits for smaller ones,
 * and base64 in its URL alphabet or without padding.
 *
 * Throws {@link WrongValue}.
 */
export function decodeScalar(type: ScalarType, json: Json): boolean | number | bigint | string | Uint8Array {
  switch (type) {
    case ScalarType.STRING:
      return text(json);
    case ScalarType.BOOL:
      if (typeof json !== "boolean") throw new WrongValue("true or false");
      return json;
    case ScalarType.BYTES:
      return bytes(json);
    case ScalarType.DOUBLE:
      return float(json, Number.MAX_VALUE);
    case ScalarType.FLOAT:
      return float(json, MAX_FLOAT);
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return Number(integer(json, INT32));
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return Number(integer(json, UINT32));
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return integer(json, INT64);
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return integer(json, UINT64);
  }
}

/** The canonical form of an identifier with a fixed prefix: `tkt-1001`, `1001` and 1001 are `TKT-1001`. */
export function withIdPrefix(prefix: string, json: Json): Json {
  const given = typeof json === "number" ? String(json) : json;
  if (typeof given !== "string") return json;
  const id = given.trim();
  if (/^\d+$/.test(id)) return prefix + id;
  return id.toLowerCase().startsWith(prefix.toLowerCase()) ? prefix + id.slice(prefix.length) : given;
}

/** A map key, which is a string in JSON. Throws {@link WrongValue}. */
export function decodeKey(type: ScalarType, key: string): boolean | number | bigint | string | Uint8Array {
  // Objects of this name would change the prototype of the map instead of its content.
  if (key === "__proto__") throw new WrongValue("any key but __proto__");
  if (type !== ScalarType.BOOL) return decodeScalar(type, key);
  if (key !== "true" && key !== "false") throw new WrongValue("the key true or false");
  return key === "true";
}
