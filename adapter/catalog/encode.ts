// A Protobuf message → the JSON of a tool's result, in the same forms that the tool takes as arguments.
import {
  type DescField,
  type DescMessage,
  fromBinary,
  type Message,
  type Registry,
  ScalarType,
  toJson,
} from "@bufbuild/protobuf";
import { type ReflectList, type ReflectMap, type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { base64Encode } from "@bufbuild/protobuf/wire";
import {
  type Any,
  type FieldMask,
  hasCustomJsonRepresentation,
  isWrapperDesc,
  FeatureSet_FieldPresence as Presence,
} from "@bufbuild/protobuf/wkt";
import { withoutHidden } from "../../runtime/hidden-text.ts";
import type { Json, JsonObject, Media } from "../catalog.ts";
import type { Excerpts } from "./budget.ts";
import { enumNames } from "./enum-names.ts";
import { isHttpBody, partsOf } from "./media.ts";
import { shownFields } from "./message-schema.ts";
import { fieldOptions } from "./options.ts";
import type { Boundary } from "./untrusted.ts";
import { UNRECOGNIZED } from "./value-schema.ts";

/** How a message is written, and what is remembered of it for making the result shorter later. */
export interface Encoding {
  readonly registry: Registry;
  /** Also fields marked as detail. */
  readonly detailed: boolean;
  /** Around text marked as untrusted; without one it stays as it is. */
  readonly boundary?: Boundary | undefined;
  readonly excerpts?: Excerpts | undefined;
  /** Takes what stands beside the result. */
  readonly media?: Media[] | undefined;
}

type Holder = JsonObject | Json[];

/** Sets an own property, whatever its name. */
function put(holder: Holder, key: string | number, value: Json): void {
  if (key === "__proto__") {
    // Assigning would set the prototype.
    Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    (holder as JsonObject)[key] = value;
  }
}

class Encoder {
  readonly #how: Encoding;

  constructor(how: Encoding) {
    this.#how = how;
  }

  object(source: ReflectMessage, path: string, untrusted: boolean, root: boolean): JsonObject {
    if (isHttpBody(source.desc)) return this.#body(source.message, path, untrusted);
    const out: JsonObject = {};
    for (const field of shownFields(source.desc, "output")) {
      const { detail, untrusted: marked } = fieldOptions(field);
      if (detail && !this.#how.detailed) continue;
      if (!isWorthSaying(source, field, root)) continue;
      this.#field(out, source, field, `${path}.${field.name}`, untrusted || marked);
    }
    return out;
  }

  #field(out: JsonObject, source: ReflectMessage, field: DescField, path: string, untrusted: boolean): void {
    if (field.fieldKind === "list") {
      const items: Json[] = [];
      let index = 0;
      for (const item of source.get(field) as ReflectList) {
        this.#element(items, index, field, item, `${path}[${index}]`, untrusted);
        index++;
      }
      put(out, field.name, items);
      this.#how.excerpts?.list(items, path);
    } else if (field.fieldKind === "map") {
      const entries: JsonObject = {};
      for (const [key, value] of source.get(field) as ReflectMap) {
        const name = untrusted ? visibleKey(String(key)) : String(key);
        this.#element(entries, name, field, value, `${path}[${JSON.stringify(name)}]`, untrusted);
      }
      put(out, field.name, entries);
      this.#how.excerpts?.map(entries, path);
    } else {
      this.#element(out, field.name, field, source.get(field), path, untrusted);
    }
  }

  #element(to: Holder, key: string | number, field: DescField, value: unknown, path: string, untrusted: boolean): void {
    if (field.enum) {
      put(to, key, enumName(field, value as number));
    } else if (field.message) {
      this.message(to, key, value as ReflectMessage, path, untrusted);
    } else {
      this.#scalar(to, key, field.scalar as ScalarType, value, path, untrusted);
    }
  }

  #scalar(to: Holder, key: string | number, type: ScalarType, value: unknown, path: string, untrusted: boolean): void {
    if (type === ScalarType.STRING) this.#text(to, key, value as string, path, untrusted);
    else if (type === ScalarType.BYTES) {
      const text = base64Encode(value as Uint8Array);
      put(to, key, text);
      this.#how.excerpts?.text({ holder: to, key, path, text, unit: 4 });
    } else if (typeof value === "bigint") put(to, key, String(value));
    else if (typeof value === "number" && !Number.isFinite(value)) put(to, key, String(value));
    else put(to, key, value as Json);
  }

  #text(to: Holder, key: string | number, text: string, path: string, untrusted: boolean): void {
    const { boundary, excerpts } = this.#how;
    const wrap = untrusted && boundary ? (part: string) => boundary.wrap(part, path.slice(2)) : undefined;
    put(to, key, wrap ? wrap(text) : text);
    excerpts?.text({ holder: to, key, path, text, unit: 1, wrap });
  }

  message(to: Holder, key: string | number, source: ReflectMessage, path: string, untrusted: boolean): void {
    const { desc, message } = source;
    if (!hasCustomJsonRepresentation(desc)) {
      put(to, key, this.object(source, path, untrusted, false));
      return;
    }
    const [first] = desc.fields;
    if (isWrapperDesc(desc) && first) {
      this.#element(to, key, first, source.get(first), path, untrusted);
      return;
    }
    switch (desc.typeName) {
      case "google.protobuf.FieldMask":
        put(to, key, (message as FieldMask).paths.join(","));
        return;
      case "google.protobuf.Any":
        put(to, key, this.#any(message as Any, path, untrusted));
        return;
      case "google.protobuf.Struct":
      case "google.protobuf.Value":
      case "google.protobuf.ListValue":
        this.#json(to, key, toJson(desc, message) as Json, path, untrusted);
        return;
      default:
        put(to, key, toJson(desc, message) as Json);
    }
  }

  #json(to: Holder, key: string | number, value: Json, path: string, untrusted: boolean): void {
    if (typeof value === "string") {
      this.#text(to, key, value, path, untrusted);
    } else if (Array.isArray(value)) {
      const items: Json[] = [];
      for (const [index, item] of value.entries()) this.#json(items, index, item, `${path}[${index}]`, untrusted);
      put(to, key, items);
      this.#how.excerpts?.list(items, path);
    } else if (typeof value === "object" && value !== null) {
      const entries: JsonObject = {};
      for (const [name, item] of Object.entries(value)) {
        const visible = untrusted ? visibleKey(name) : name;
        this.#json(entries, visible, item, `${path}[${JSON.stringify(visible)}]`, untrusted);
      }
      put(to, key, entries);
      this.#how.excerpts?.map(entries, path);
    } else {
      put(to, key, value);
    }
  }

  #body(message: Message, path: string, untrusted: boolean): JsonObject {
    const { json, media } = partsOf(message, path.slice(2) || "content");
    this.#how.media?.push(media);
    if (media.type === "resource" && "text" in media.resource) {
      const { text } = media.resource;
      this.#how.excerpts?.beside(media);
      this.#text(media.resource, "text", text, `${path} (content)`, untrusted);
    }
    return json;
  }

  #any({ typeUrl, value }: Any, path: string, untrusted: boolean): JsonObject {
    const desc = this.#how.registry.getMessage(typeUrl.slice(typeUrl.lastIndexOf("/") + 1));
    // A type that nobody here knows is still told apart from none.
    if (!desc) return { "@type": typeUrl, value: base64Encode(value) };
    const out: JsonObject = { "@type": typeUrl };
    const inner = reflect(desc, fromBinary(desc, value), false);
    if (hasCustomJsonRepresentation(desc)) this.message(out, "value", inner, `${path}.value`, untrusted);
    else Object.assign(out, this.object(inner, path, untrusted, false));
    return out;
  }
}

/** Keys cannot be wrapped; without hidden characters and line ends they cannot do much. */
function visibleKey(key: string): string {
  return withoutHidden(key).text.replaceAll("\n", " ");
}

function enumName({ enum: desc }: DescField, number: number): Json {
  if (!desc || desc.typeName === "google.protobuf.NullValue") return null;
  return enumNames(desc).name(number) ?? UNRECOGNIZED;
}

/**
 * Absent, empty and unspecified values tell a model nothing and are left out, with two exceptions: 0 and false are answers,
 * and so is an empty list at the top of a result.
 */
function isWorthSaying(source: ReflectMessage, field: DescField, root: boolean): boolean {
  if (field.fieldKind === "list") return root || source.isSet(field);
  if (field.fieldKind === "enum" && source.get(field) === 0) {
    const zeroHasMeaning = enumNames(field.enum).name(0) !== undefined;
    return zeroHasMeaning && (field.presence === Presence.IMPLICIT || source.isSet(field));
  }
  if (source.isSet(field)) return true;
  if (field.fieldKind !== "scalar" || field.presence !== Presence.IMPLICIT) return false;
  return field.scalar !== ScalarType.STRING && field.scalar !== ScalarType.BYTES;
}

/** Writes a message as the JSON of a result. `path` is where it will stand, in JSONPath. */
export function encode(desc: DescMessage, message: Message, how: Encoding, path = "$"): JsonObject {
  const source = reflect(desc, message, false);
  const encoder = new Encoder(how);
  if (!hasCustomJsonRepresentation(desc)) return encoder.object(source, path, false, path === "$");
  // A result is always an object: what has a form of its own stands under a name.
  const out: JsonObject = {};
  encoder.message(out, "value", source, `${path}.value`, false);
  return out;
}
