// A tool's arguments → a Protobuf message: known spellings become the canonical ones, everything else is refused by name.
import {
  create,
  type DescField,
  type DescMessage,
  fromJson,
  type Registry,
  type ScalarType,
  toBinary,
} from "@bufbuild/protobuf";
import { type ReflectList, type ReflectMap, type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import {
  type Any,
  type FieldMask,
  hasCustomJsonRepresentation,
  isWrapperDesc,
  FeatureSet_FieldPresence as Presence,
} from "@bufbuild/protobuf/wkt";
import { nearest } from "../../runtime/nearest.ts";
import type { Json, JsonObject } from "../catalog.ts";
import { decodeKey, decodeScalar, WrongValue, withIdPrefix } from "./decode-scalar.ts";
import { enumNames } from "./enum-names.ts";
import { type Issue, type Path, shownAs, shownName } from "./issues.ts";
import { shownFields } from "./message-schema.ts";
import { fieldOptions } from "./options.ts";
import { listOf } from "./words.ts";

/** As deep as Protobuf's own parsers go. */
export const MAX_DEPTH = 100;
const MAX_NAMES_SHOWN = 20;
/** More than anybody reads; bounds the work that senseless arguments make. */
const MAX_ISSUES = 50;

/** What a decoded message came to; the message counts only where there are no issues. */
export interface Decoded {
  readonly message: ReflectMessage;
  readonly issues: readonly Issue[];
}

function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

class Decoder {
  readonly issues: Issue[] = [];
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  #report(path: Path, rule: string, message: string): undefined {
    this.issues.push({ path, rule, message });
    return undefined;
  }

  /** Fills a message from an object, field by field. */
  object(desc: DescMessage, json: Json, path: Path): ReflectMessage | undefined {
    if (!isObject(json)) return this.#report(path, "wrong_type", `Must be an object, got ${shownAs(json)}.`);
    const target = reflect(desc, create(desc), false);
    const given = new Map<DescField, string>();
    for (const [key, value] of Object.entries(json)) {
      if (this.issues.length >= MAX_ISSUES) break;
      const field = this.#fieldOf(desc, key, path);
      if (!field) continue;
      const here = [...path, field.name];
      // null stands for an absent field, save where it is a value itself.
      if (value === null && !takesNull(field)) continue;
      const twin = given.get(field) ?? oneofTwin(field, given);
      given.set(field, key);
      if (twin !== undefined) {
        const names = listOf([twin, key], "and");
        this.#report(here, "only_one", `Only one of ${names} may be given. Leave out the other.`);
        continue;
      }
      this.#assign(target, field, value, here);
    }
    for (const field of desc.fields) {
      if (field.presence === Presence.LEGACY_REQUIRED && !given.has(field)) {
        this.#report([...path, field.name], "required", "Must be given.");
      }
    }
    return target;
  }

  #fieldOf(desc: DescMessage, key: string, path: Path): DescField | undefined {
    const fields = shownFields(desc, "input");
    const field = fields.find(({ name }) => name === key) ?? fields.find(({ jsonName }) => jsonName === key);
    if (field) return field;
    const at = [...path, key];
    if (desc.fields.some((each) => fieldOptions(each).outputOnly && (each.name === key || each.jsonName === key))) {
      return this.#report(at, "output_only", `${key} is set by the service. Leave it out.`);
    }
    const names = fields.map(({ name }) => name);
    const near = nearest(key, names);
    const known =
      names.length > 0 ? `Known here: ${names.slice(0, MAX_NAMES_SHOWN).join(", ")}.` : "Nothing can be given here.";
    return this.#report(
      at,
      "unknown_argument",
      `${shownName(key)} is not known. ${near ? `Did you mean ${near}?` : known}`,
    );
  }

  #assign(target: ReflectMessage, field: DescField, json: Json, path: Path): void {
    if (field.fieldKind === "list") {
      this.#fillList(target.get(field), field, json, path);
    } else if (field.fieldKind === "map") {
      this.#fillMap(target.get(field), field.mapKey, field, json, path);
    } else {
      const value = this.#element(field, json, path);
      if (value !== undefined) target.set(field, value);
    }
  }

  #fillList(list: ReflectList, field: DescField, json: Json, path: Path): void {
    if (!Array.isArray(json)) {
      this.#report(path, "wrong_type", `Must be an array, got ${shownAs(json)}.`);
      return;
    }
    for (const [index, item] of json.entries()) {
      if (this.issues.length >= MAX_ISSUES) break;
      const value = this.#element(field, item, [...path, index]);
      if (value !== undefined) list.add(value);
    }
  }

  #fillMap(map: ReflectMap, keyType: ScalarType, field: DescField, json: Json, path: Path): void {
    if (!isObject(json)) {
      this.#report(path, "wrong_type", `Must be an object, got ${shownAs(json)}.`);
      return;
    }
    for (const [name, item] of Object.entries(json)) {
      if (this.issues.length >= MAX_ISSUES) break;
      const here = [...path, name];
      const key = this.#attempt(here, name, () => decodeKey(keyType, name));
      const value = this.#element(field, item, here);
      if (key !== undefined && value !== undefined) map.set(key, value);
    }
  }

  #element(element: DescField, json: Json, path: Path): unknown {
    if (element.enum) return this.#enum(element, json, path);
    if (element.message) return this.message(element.message, json, path);
    const { idPrefix } = fieldOptions(element);
    const given = idPrefix ? withIdPrefix(idPrefix, json) : json;
    return this.#attempt(path, given, () => decodeScalar(element.scalar as never, given));
  }

  #enum({ enum: desc }: DescField, json: Json, path: Path): number | undefined {
    if (!desc) return undefined;
    if (desc.typeName === "google.protobuf.NullValue") {
      return json === null ? 0 : this.#report(path, "wrong_type", `Must be null, got ${shownAs(json)}.`);
    }
    const names = enumNames(desc);
    const number = typeof json === "string" ? names.number(json) : undefined;
    if (number !== undefined) return number;
    const shown = names.shown.map(({ name }) => name);
    const near = typeof json === "string" ? nearest(json, shown) : undefined;
    const hint = near ? ` Did you mean ${near}?` : "";
    return this.#report(path, "not_allowed", `Must be ${listOf(shown)}, got ${shownAs(json)}.${hint}`);
  }

  /** A message in the form that ProtoJSON gives it. */
  message(desc: DescMessage, json: Json, path: Path): ReflectMessage | undefined {
    if (!hasCustomJsonRepresentation(desc)) return this.object(desc, json, path);
    const [first] = desc.fields;
    if (isWrapperDesc(desc) && first?.fieldKind === "scalar") {
      const value = this.#attempt(path, json, () => decodeScalar(first.scalar, json));
      if (value === undefined) return undefined;
      const wrapper = reflect(desc, create(desc), false);
      wrapper.set(first, value);
      return wrapper;
    }
    if (desc.typeName === "google.protobuf.Any") return this.#any(desc, json, path);
    if (desc.typeName === "google.protobuf.FieldMask") return this.#fieldMask(desc, json, path);
    return this.#attempt(path, json, () => {
      try {
        return reflect(desc, fromJson(desc, json), false);
      } catch {
        throw new WrongValue(WANTED[desc.typeName] ?? `a ${desc.typeName}`);
      }
    });
  }

  #fieldMask(desc: DescMessage, json: Json, path: Path): ReflectMessage | undefined {
    return this.#attempt(path, json, () => {
      if (typeof json !== "string") throw new WrongValue("names of fields in one string, with commas between");
      const paths = json.split(",").map((each) => each.trim());
      const mask = create(desc) as FieldMask;
      mask.paths = paths
        .filter(Boolean)
        .map((each) => each.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
      return reflect(desc, mask, false);
    });
  }

  #any(desc: DescMessage, json: Json, path: Path): ReflectMessage | undefined {
    const type = isObject(json) ? json["@type"] : undefined;
    if (!isObject(json) || typeof type !== "string") {
      return this.#report(path, "wrong_type", `Must be an object with "@type", got ${shownAs(json)}.`);
    }
    const inner = this.#registry.getMessage(type.slice(type.lastIndexOf("/") + 1));
    if (!inner)
      return this.#report(
        [...path, "@type"],
        "not_allowed",
        `The type ${shownName(type)} is not known to this server.`,
      );
    const { "@type": _, ...fields } = json;
    const packed = hasCustomJsonRepresentation(inner)
      ? this.message(inner, fields.value ?? null, [...path, "value"])
      : this.object(inner, fields, path);
    if (!packed) return undefined;
    const any = create(desc) as Any;
    any.typeUrl = type.includes("/") ? type : `type.googleapis.com/${type}`;
    if (this.issues.length === 0) any.value = toBinary(inner, packed.message as never);
    return reflect(desc, any, false);
  }

  #attempt<T>(path: Path, json: Json, decode: () => T): T | undefined {
    try {
      return decode();
    } catch (error) {
      if (!(error instanceof WrongValue)) throw error;
      return this.#report(path, "wrong_type", `Must be ${error.message}, got ${shownAs(json)}.`);
    }
  }
}

const WANTED: Readonly<Record<string, string>> = {
  "google.protobuf.Timestamp": "a time like 2026-01-31T09:30:00Z (RFC 3339)",
  "google.protobuf.Duration": "seconds with an s, such as 90s or 1.5s",
  "google.protobuf.Struct": "an object",
  "google.protobuf.ListValue": "an array",
  "google.protobuf.Value": "a JSON value",
};

function takesNull({ fieldKind, message, enum: enumeration }: DescField): boolean {
  if (fieldKind === "list" || fieldKind === "map") return false;
  return message?.typeName === "google.protobuf.Value" || enumeration?.typeName === "google.protobuf.NullValue";
}

/** The name under which another member of the same oneof was given. */
function oneofTwin({ oneof }: DescField, given: ReadonlyMap<DescField, string>): string | undefined {
  if (!oneof) return undefined;
  for (const [field, key] of given) if (field.oneof === oneof) return key;
  return undefined;
}

/** Reads a message from a tool's arguments; `path` is where in them it stands. */
export function decode(desc: DescMessage, json: Json, registry: Registry, path: Path = []): Decoded {
  const decoder = new Decoder(registry);
  const message = decoder.message(desc, json, path) ?? reflect(desc, create(desc), false);
  return { message, issues: decoder.issues };
}
