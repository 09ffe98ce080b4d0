// Everything that is wrong with the JSON of a message, and where: the decoder stops at the first mistake and names no place.
import {
  type DescEnum,
  type DescField,
  type DescMessage,
  fromJson,
  type JsonValue,
  ScalarType,
} from "@bufbuild/protobuf";
import { hasCustomJsonRepresentation } from "@bufbuild/protobuf/wkt";
import { nearest } from "../nearest.ts";

/** One mistake in a JSON document. */
export interface JsonIssue {
  /** Such as `ticket.tags[2]`, in the names that the document uses; empty for the document itself. */
  readonly path: string;
  /** The kind of mistake, in UPPER_SNAKE_CASE. */
  readonly rule: "UNKNOWN_FIELD" | "UNKNOWN_ENUM_NAME" | "INVALID_VALUE" | "SET_TWICE" | "TOO_DEEP";
  /** What is wrong and what would be right. */
  readonly description: string;
}

/** More than anybody reads; bounds the answer to senseless documents. */
const MAX_ISSUES = 20;
/** As deep as the decoder goes. */
const MAX_DEPTH = 100;
const MAX_SHOWN = 60;

const SCALARS: Partial<Record<ScalarType, string>> = {
  [ScalarType.STRING]: "a string",
  [ScalarType.BOOL]: "true or false",
  [ScalarType.BYTES]: "a string of base64",
  [ScalarType.DOUBLE]: "a number",
  [ScalarType.FLOAT]: "a number",
};

/** https://protobuf.dev/programming-guides/json/ */
const WELL_KNOWN: Record<string, string> = {
  "google.protobuf.Timestamp": 'a time of RFC 3339, such as "2026-01-31T09:30:00Z"',
  "google.protobuf.Duration": 'a string of seconds that ends in s, such as "3.5s"',
  "google.protobuf.FieldMask":
    'a string of field names in lowerCamelCase, joined by commas, such as "displayName,team"',
  "google.protobuf.Struct": "an object",
  "google.protobuf.ListValue": "an array",
};

type Element = { enum?: DescEnum | undefined; message?: DescMessage | undefined; scalar?: ScalarType | undefined };

function isObject(json: JsonValue): json is { [key: string]: JsonValue } {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function cut(text: string): string {
  return (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text).toWellFormed();
}

function shown(json: JsonValue): string {
  if (Array.isArray(json)) return "an array";
  return isObject(json) ? "an object" : cut(JSON.stringify(json));
}

function join(path: string, key: string): string {
  if (!/^[A-Za-z_]\w*$/.test(key)) return `${path}[${JSON.stringify(cut(key))}]`;
  return path === "" ? cut(key) : `${path}.${cut(key)}`;
}

/** Names of an enum; its zero, which stands for "not said", only where it means something. */
function namesOf(desc: DescEnum): string[] {
  return desc.values
    .filter(({ number, name }) => number !== 0 || !name.endsWith("_UNSPECIFIED"))
    .map(({ name }) => name);
}

function scalarWords(scalar: ScalarType): string {
  const name = ScalarType[scalar];
  const bits = name.endsWith("64") ? 64n : 32n;
  const half = 2n ** (bits - 1n);
  const [least, most] = /^(UINT|FIXED)/.test(name) ? [0n, 2n * half - 1n] : [-half, half - 1n];
  return SCALARS[scalar] ?? `a whole number from ${least} to ${most}`;
}

function expected({ enum: enumeration, message, scalar }: Element): string {
  if (enumeration) return `one of ${namesOf(enumeration).join(", ")}`;
  if (scalar) return scalarWords(scalar);
  if (!message || !hasCustomJsonRepresentation(message)) return "an object";
  return WELL_KNOWN[message.typeName] ?? `the JSON of ${message.typeName}`;
}

function decodes(desc: DescMessage, json: JsonValue): boolean {
  try {
    fromJson(desc, json, { ignoreUnknownFields: false });
    return true;
  } catch {
    return false;
  }
}

class Explanation {
  readonly issues: JsonIssue[] = [];

  report(path: string, rule: JsonIssue["rule"], description: string): undefined {
    if (this.issues.length < MAX_ISSUES) this.issues.push({ path, rule, description });
  }

  message(desc: DescMessage, json: JsonValue, path: string, depth: number): undefined {
    if (depth > MAX_DEPTH) return this.report(path, "TOO_DEEP", `is nested more than ${MAX_DEPTH} levels deep`);
    if (!isObject(json)) return this.report(path, "INVALID_VALUE", `must be an object, not ${shown(json)}`);
    const given = new Map<unknown, string>();
    for (const [key, value] of Object.entries(json)) {
      if (this.issues.length >= MAX_ISSUES) return undefined;
      const here = join(path, key);
      const field = desc.fields.find(({ name, jsonName }) => name === key || jsonName === key);
      if (!field) {
        this.#unknownField(desc, key, here);
        continue;
      }
      const choice = (value !== null && field.oneof) || field;
      const twin = given.get(field) ?? given.get(choice);
      given.set(field, key).set(choice, key);
      if (twin === undefined) this.#field(field, value, here, depth);
      else this.report(here, "SET_TWICE", `cannot be given beside ${twin}: leave one of them out`);
    }
  }

  #unknownField(desc: DescMessage, key: string, path: string): void {
    const names = desc.fields.map(({ jsonName }) => jsonName);
    const near = nearest(key, [...names, ...desc.fields.map(({ name }) => name)]);
    const known = names.length > 0 ? `the fields here are ${names.join(", ")}` : "nothing can be given here";
    this.report(path, "UNKNOWN_FIELD", `is no field of ${desc.name}; ${near ? `did you mean ${near}?` : known}`);
  }

  #field(field: DescField, json: JsonValue, path: string, depth: number): undefined {
    // For a field as a whole, null means that it is not given.
    if (json === null) return undefined;
    const alone = (value: JsonValue) => decodes(field.parent, { [field.jsonName]: value });
    if (field.fieldKind === "list") {
      if (!Array.isArray(json)) return this.report(path, "INVALID_VALUE", `must be an array, not ${shown(json)}`);
      for (const [index, item] of json.entries()) {
        this.#element(field, item, `${path}[${index}]`, depth, () => alone([item]));
      }
    } else if (field.fieldKind === "map") {
      if (!isObject(json)) return this.report(path, "INVALID_VALUE", `must be an object, not ${shown(json)}`);
      for (const [key, item] of Object.entries(json)) {
        this.#element(field, item, join(path, key), depth, () => alone({ [key]: item }));
      }
    } else {
      this.#element(field, json, path, depth, () => alone(json));
    }
  }

  #element(element: Element, json: JsonValue, path: string, depth: number, isRight: () => boolean): undefined {
    if (this.issues.length >= MAX_ISSUES || isRight()) return undefined;
    const { enum: enumeration, message } = element;
    if (message && isObject(json) && !hasCustomJsonRepresentation(message)) {
      return this.message(message, json, path, depth + 1);
    }
    if (!enumeration || typeof json !== "string") {
      return this.report(path, "INVALID_VALUE", `must be ${expected(element)}, not ${shown(json)}`);
    }
    const near = nearest(json, namesOf(enumeration));
    const hint = near ? `; did you mean ${near}?` : "";
    this.report(path, "UNKNOWN_ENUM_NAME", `must be ${expected(element)}, not ${shown(json)}${hint}`);
  }
}

/**
 * Finds what is wrong with the JSON of a message, up to 20 mistakes. Empty where each part is right by itself, which is
 * also so where one name stands twice in the text of an object: a parsed document no longer shows it.
 */
export function explainJson(desc: DescMessage, json: JsonValue): readonly JsonIssue[] {
  const explanation = new Explanation();
  explanation.message(desc, json, "", 1);
  return explanation.issues;
}
