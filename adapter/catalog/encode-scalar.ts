// What stands in a message → JSON: texts, numbers, names of enums, and JSON itself.
import { type DescEnum, type Registry, ScalarType } from "@bufbuild/protobuf";
import { base64Encode } from "@bufbuild/protobuf/wire";
import { withoutHidden } from "../../runtime/messages/hidden-text.ts";
import type { Json, JsonObject, Media } from "../catalog.ts";
import { type Excerpts, LAST_RESORT } from "./budget.ts";
import { enumNames } from "./enum-names.ts";
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

/** Writes a value under `key` of `to`. `path` is where that stands in the result. */
export type Write = (
  how: Encoding,
  to: Holder,
  key: string | number,
  value: never,
  path: string,
  untrusted: boolean,
) => void;
/** Sets an own property, whatever its name. */
export function put(holder: Holder, key: string | number, value: Json): void {
  if (key === "__proto__") {
    // Assigning would set the prototype.
    Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    (holder as JsonObject)[key] = value;
  }
}

/** Keys cannot be wrapped; without hidden characters and line ends they cannot do much. */
export function visibleKey(key: string): string {
  return withoutHidden(key).text.replaceAll("\n", " ");
}

/** Within its boundary, where people outside wrote it and there is one. */
export const writeText: Write = ({ boundary, excerpts }, to, key, text: string, path, untrusted) => {
  const wrap = untrusted && boundary ? (part: string) => boundary.wrap(part, path.slice(2)) : undefined;
  put(to, key, wrap ? wrap(text) : text);
  if (text.length > LAST_RESORT) excerpts?.text({ holder: to, key, path, text, unit: 1, wrap });
};

const writeBytes: Write = ({ excerpts }, to, key, value: Uint8Array, path) => {
  const text = base64Encode(value);
  put(to, key, text);
  if (text.length > LAST_RESORT) excerpts?.text({ holder: to, key, path, text, unit: 4 });
};

const writeNumber: Write = (_, to, key, value: number) => put(to, key, Number.isFinite(value) ? value : String(value));
const writeBoolean: Write = (_, to, key, value: boolean) => put(to, key, value);
/** Of 64 bits, which are text in JSON. */
const writeLong: Write = (_, to, key, value: bigint | string) => put(to, key, String(value));

/** What writes the values of a scalar type. */
export function scalarWriter(type: ScalarType): Write {
  switch (type) {
    case ScalarType.STRING:
      return writeText;
    case ScalarType.BYTES:
      return writeBytes;
    case ScalarType.BOOL:
      return writeBoolean;
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return writeLong;
    default:
      return writeNumber;
  }
}

/** What writes the values of an enum, as the names that a model uses. */
export function enumWriter(desc: DescEnum): Write {
  if (desc.typeName === "google.protobuf.NullValue") return (_, to, key) => put(to, key, null);
  const names = enumNames(desc);
  return (_, to, key, number: number) => put(to, key, names.name(number) ?? UNRECOGNIZED);
}

/** JSON that a message holds, text in it included. */
export const writeJson: Write = (how, to, key, value: Json, path, untrusted) => {
  if (typeof value === "string") {
    writeText(how, to, key, value as never, path, untrusted);
  } else if (Array.isArray(value)) {
    const items: Json[] = [];
    for (const [index, item] of value.entries())
      writeJson(how, items, index, item as never, `${path}[${index}]`, untrusted);
    put(to, key, items);
    how.excerpts?.list(items, path);
  } else if (typeof value === "object" && value !== null) {
    const entries: JsonObject = {};
    for (const [name, item] of Object.entries(value)) {
      const visible = untrusted ? visibleKey(name) : name;
      writeJson(how, entries, visible, item as never, `${path}[${JSON.stringify(visible)}]`, untrusted);
    }
    put(to, key, entries);
    how.excerpts?.map(entries, path);
  } else {
    put(to, key, value);
  }
};
