// A Protobuf message → the JSON of a tool's result, in the same forms that the tool takes as arguments. What writes a type of
// message is made once, from its descriptor; a call only runs it.
import {
  type DescField,
  type DescMessage,
  fromBinary,
  isFieldSet,
  type Message,
  ScalarType,
  toJson,
} from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { base64Encode } from "@bufbuild/protobuf/wire";
import {
  type Any,
  type FieldMask,
  hasCustomJsonRepresentation,
  isWrapperDesc,
  FeatureSet_FieldPresence as Presence,
  type Timestamp,
} from "@bufbuild/protobuf/wkt";
import { timestampText } from "../../runtime/messages/timestamps.ts";
import type { Json, JsonObject } from "../catalog.ts";
import {
  type Encoding,
  enumWriter,
  put,
  scalarWriter,
  visibleKey,
  type Write,
  writeJson,
  writeText,
} from "./encode-scalar.ts";
import { enumNames } from "./enum-names.ts";
import { isHttpBody, partsOf } from "./media.ts";
import { shownFields } from "./message-schema.ts";
import { fieldOptions } from "./options.ts";

/** `root` where the message is the whole result. */
type WriteObject = (how: Encoding, message: Message, path: string, untrusted: boolean, root: boolean) => JsonObject;
type WriteField = (
  how: Encoding,
  out: JsonObject,
  message: Message,
  path: string,
  untrusted: boolean,
  root: boolean,
) => void;

function anyJson(how: Encoding, { typeUrl, value }: Any, path: string, untrusted: boolean): JsonObject {
  const desc = how.registry.getMessage(typeUrl.slice(typeUrl.lastIndexOf("/") + 1));
  // A type that nobody here knows is still told apart from none.
  if (!desc) return { "@type": typeUrl, value: base64Encode(value) };
  const out: JsonObject = { "@type": typeUrl };
  const inner = fromBinary(desc, value);
  if (!hasCustomJsonRepresentation(desc)) Object.assign(out, objectWriter(desc)(how, inner, path, untrusted, false));
  else reflectedWriter(desc)(how, out, "value", reflect(desc, inner, false) as never, `${path}.value`, untrusted);
  return out;
}

/** For messages with a JSON form of their own. */
function reflectedWriter(desc: DescMessage): Write {
  const [first] = desc.fields;
  if (isWrapperDesc(desc) && first) {
    const write = elementWriter(first);
    return (how, to, key, source: ReflectMessage, path, untrusted) =>
      write(how, to, key, source.get(first) as never, path, untrusted);
  }
  switch (desc.typeName) {
    case "google.protobuf.FieldMask":
      return (_, to, key, { message }: ReflectMessage) => put(to, key, (message as FieldMask).paths.join(","));
    case "google.protobuf.Any":
      return (how, to, key, { message }: ReflectMessage, path, untrusted) =>
        put(to, key, anyJson(how, message as Any, path, untrusted));
    case "google.protobuf.Struct":
    case "google.protobuf.Value":
    case "google.protobuf.ListValue":
      return (how, to, key, { message }: ReflectMessage, path, untrusted) =>
        writeJson(how, to, key, toJson(desc, message) as never, path, untrusted);
    default:
      return (_, to, key, { message }: ReflectMessage) => put(to, key, toJson(desc, message) as Json);
  }
}

const isTime = ({ typeName }: DescMessage) => typeName === "google.protobuf.Timestamp";
const writeTime: Write = (_, to, key, time: Timestamp) => put(to, key, timestampText(time));

/** Whether the values of a field are read by reflection: how wrappers and JSON are kept depends on the field. Times are ever the same. */
function isReflected({ message }: DescField): boolean {
  return message !== undefined && hasCustomJsonRepresentation(message) && !isTime(message);
}

/** For a value, or for each of those in a list or a map. */
function elementWriter(field: DescField): Write {
  const { message, enum: desc } = field;
  if (desc) return enumWriter(desc);
  if (!message) return scalarWriter(field.scalar as ScalarType);
  if (isTime(message)) return writeTime;
  if (isReflected(field)) return reflectedWriter(message);
  const write = objectWriter(message, field);
  return (how, to, key, value: Message, path, untrusted) => put(to, key, write(how, value, path, untrusted, false));
}

function valueWriter(field: DescField): Write {
  const write = elementWriter(field);
  if (field.fieldKind === "list") {
    return (how, to, key, list: Iterable<never>, path, untrusted) => {
      const items: Json[] = [];
      let index = 0;
      for (const item of list) {
        write(how, items, index, item, `${path}[${index}]`, untrusted);
        index++;
      }
      put(to, key, items);
      how.excerpts?.list(items, path);
    };
  }
  if (field.fieldKind !== "map") return write;
  const reflected = isReflected(field);
  return (how, to, key, map: Iterable<[unknown, never]>, path, untrusted) => {
    const entries: JsonObject = {};
    for (const [name, value] of reflected ? map : Object.entries<never>(map as never)) {
      const visible = untrusted ? visibleKey(String(name)) : String(name);
      write(how, entries, visible, value, `${path}[${JSON.stringify(visible)}]`, untrusted);
    }
    put(to, key, entries);
    how.excerpts?.map(entries, path);
  };
}

type Read = (message: Message) => unknown;

/** Reads the value of a field that is set, or has a zero. */
function reader(field: DescField): Read {
  const { localName, oneof } = field;
  if (isReflected(field)) return (message) => reflect(field.parent, message, false).get(field);
  const fields = (message: Message) => message as unknown as Record<string, unknown>;
  if (!oneof) return (message) => fields(message)[localName];
  return (message) => {
    const chosen = fields(message)[oneof.localName] as { case?: string; value?: unknown };
    return chosen.case === localName ? chosen.value : undefined;
  };
}

/** Of most fields the value alone tells whether it is set; of others the message has to be asked. */
function isSetTest(field: DescField): (message: Message, value: unknown) => boolean {
  const { fieldKind, presence, oneof, scalar } = field;
  if (!isReflected(field)) {
    if (oneof || fieldKind === "message") return (_, value) => value !== undefined;
    if (fieldKind === "list") return (_, list) => (list as readonly unknown[]).length > 0;
    if (fieldKind === "scalar" && presence === Presence.IMPLICIT && scalar === ScalarType.STRING)
      return (_, text) => text !== "";
  }
  return (message) => isFieldSet(message, field);
}

/**
 * Absent, empty and unspecified values tell a model nothing and are left out, with two exceptions: 0 and false are answers,
 * and so is an empty list at the top of a result.
 */
function worthSaying(field: DescField): (message: Message, value: unknown, root: boolean) => boolean {
  const { fieldKind, presence } = field;
  const isSet = isSetTest(field);
  if (fieldKind === "list") return (message, list, root) => root || isSet(message, list);
  const implicit = presence === Presence.IMPLICIT;
  if (fieldKind === "enum") {
    const zeroHasMeaning = enumNames(field.enum).name(0) !== undefined;
    if (implicit) return (_, value) => value !== 0 || zeroHasMeaning;
    return (message, value) => (value !== 0 || zeroHasMeaning) && isSet(message, value);
  }
  const isText = field.scalar === ScalarType.STRING || field.scalar === ScalarType.BYTES;
  return fieldKind === "scalar" && implicit && !isText ? () => true : isSet;
}

/** Numbers, names and times are what they are, wherever they stand. */
function tellsItsPlace(field: DescField): boolean {
  if (field.fieldKind === "list" || field.fieldKind === "map") return true;
  if (field.message) return !isTime(field.message);
  return field.scalar === ScalarType.STRING || field.scalar === ScalarType.BYTES;
}

function fieldWriter(field: DescField, isDetail: boolean): WriteField {
  const { name } = field;
  const { untrusted: marked } = fieldOptions(field);
  const read = reader(field);
  const isWorthSaying = worthSaying(field);
  const write = valueWriter(field);
  const place = tellsItsPlace(field) ? `.${name}` : "";
  return (how, out, message, path, untrusted, root) => {
    if (isDetail && !how.detailed) return;
    const value = read(message);
    if (isWorthSaying(message, value, root)) write(how, out, name, value as never, path + place, untrusted || marked);
  };
}

const writeBody: WriteObject = (how, message, path, untrusted) => {
  const { json, media } = partsOf(message, path.slice(2) || "content");
  how.media?.push(media);
  if (media.type === "resource" && "text" in media.resource) {
    const { text } = media.resource;
    how.excerpts?.beside(media);
    writeText(how, media.resource, "text", text as never, `${path} (content)`, untrusted);
  }
  return json;
};

const writers = new WeakMap<DescMessage | DescField, WriteObject>();

/** What a type of message is written by, made when it is first asked for: where its field has details of its own, for that field. */
function objectWriter(desc: DescMessage, holder?: DescField): WriteObject {
  const details = holder ? fieldOptions(holder).detailFields : [];
  const key = holder && details.length > 0 ? holder : desc;
  const known = writers.get(key);
  if (known) return known;
  if (isHttpBody(desc)) return writeBody;
  const fields: WriteField[] = [];
  const write: WriteObject = (how, message, path, untrusted, root) => {
    const out: JsonObject = {};
    for (const field of fields) field(how, out, message, path, untrusted, root);
    return out;
  };
  // Known before its fields are, among which it may be again.
  writers.set(key, write);
  for (const field of shownFields(desc, "output"))
    fields.push(fieldWriter(field, fieldOptions(field).detail || details.includes(field.name)));
  return write;
}

/** Writes a message as the JSON of a result. `path` is where it will stand, in JSONPath. */
export function encode(desc: DescMessage, message: Message, how: Encoding, path = "$"): JsonObject {
  if (!hasCustomJsonRepresentation(desc)) return objectWriter(desc)(how, message, path, false, path === "$");
  // A result is always an object: what has a form of its own stands under a name.
  const out: JsonObject = {};
  reflectedWriter(desc)(how, out, "value", reflect(desc, message, false) as never, `${path}.value`, false);
  return out;
}
