// Values that Protobuf lets through and that not every database or protocol can keep, refused for every method alike.
import {
  type DescField,
  type DescMessage,
  getOption,
  hasOption,
  type MessageShape,
  ScalarType,
} from "@bufbuild/protobuf";
import { type Path, type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { type FieldMask, FieldMaskSchema, type Timestamp, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { Violation } from "@bufbuild/protovalidate";
import { type FieldRules, field as fieldRules, Ignore } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";

/** 0001-01-01 and the last second of 9999, in seconds (google/protobuf/timestamp.proto). */
const FIRST_SECOND = -62_135_596_800n;
const LAST_SECOND = 253_402_300_799n;

type Step = Path[number];
interface Finding {
  readonly rule: string;
  readonly message: string;
  /** From the value outwards. */
  readonly steps: Step[];
}

const finding = (rule: string, message: string): Finding => ({ rule, message, steps: [] });

function inText(value: unknown): Finding | undefined {
  if (typeof value !== "string") return undefined;
  // PostgreSQL keeps no such character in text (its manual, section 8.3).
  if (value.includes("\0")) return finding("string.no_nul", "must not contain the character U+0000");
  return value.isWellFormed()
    ? undefined
    : finding("string.well_formed", "must be well-formed Unicode, without half a surrogate pair");
}

function inTimestamp({ seconds, nanos }: Timestamp): Finding | undefined {
  if (seconds >= FIRST_SECOND && seconds <= LAST_SECOND && nanos >= 0 && nanos < 1_000_000_000) return undefined;
  return finding("timestamp.valid", "must be a time from 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z");
}

function inFieldMask({ paths }: FieldMask): Finding | undefined {
  // JSON joins paths in lowerCamelCase by commas and cannot say these (google/protobuf/field_mask.proto); a key of a map may be so.
  if (!paths.some((path) => /[A-Z,]|_(?![a-z])/.test(path))) return undefined;
  return finding("field_mask.path", "paths are written in lower_snake_case; name a map as a whole, without its key");
}

/** Whether the rules of a field, or of its items, are to be checked by somebody else. */
function isElsewhere({ ignore, type }: FieldRules): boolean {
  const items = type.case === "repeated" ? type.value.items?.ignore : undefined;
  return ignore === Ignore.ALWAYS || items === Ignore.ALWAYS;
}

const looked = new Map<DescMessage, readonly DescField[]>();

/** The fields that can hold such a value, but for those whose rules are to be checked by somebody else. */
function fieldsOf(desc: DescMessage): readonly DescField[] {
  let fields = looked.get(desc);
  if (!fields) {
    fields = desc.fields.filter((field) => {
      if (hasOption(field, fieldRules) && isElsewhere(getOption(field, fieldRules))) return false;
      return field.message !== undefined || field.scalar === ScalarType.STRING || field.fieldKind === "map";
    });
    looked.set(desc, fields);
  }
  return fields;
}

/** Whether a field has its text in a property of its own. */
const isPlainText = ({ fieldKind, scalar, oneof }: DescField) =>
  fieldKind === "scalar" && scalar === ScalarType.STRING && !oneof;

const isMessage = (value: unknown): value is ReflectMessage => typeof value === "object" && value !== null;
const inValue = (value: unknown) => (isMessage(value) ? inMessage(value) : inText(value));

function inField(message: ReflectMessage, field: DescField): Finding | undefined {
  switch (field.fieldKind) {
    case "list": {
      let index = 0;
      for (const item of message.get(field)) {
        const found = inValue(item);
        found?.steps.push({ kind: "list_sub", index });
        if (found) return found;
        index++;
      }
      return undefined;
    }
    case "map":
      for (const [key, value] of message.get(field)) {
        const found = inText(key) ?? inValue(value);
        found?.steps.push({ kind: "map_sub", key: key as string });
        if (found) return found;
      }
      return undefined;
    default:
      return inValue(message.get(field));
  }
}

function inMessage(message: ReflectMessage): Finding | undefined {
  if (message.desc.typeName === TimestampSchema.typeName) return inTimestamp(message.message as Timestamp);
  if (message.desc.typeName === FieldMaskSchema.typeName) return inFieldMask(message.message as FieldMask);
  for (const field of fieldsOf(message.desc)) {
    const found = isPlainText(field)
      ? inText(message.message[field.localName as "$typeName"])
      : message.isSet(field)
        ? inField(message, field)
        : undefined;
    found?.steps.push(field);
    if (found) return found;
  }
  return undefined;
}

/** Finds the first text, time or mask in a message that cannot be kept or said everywhere; undefined in almost every message. */
export function findUnstorable<D extends DescMessage>(schema: D, message: MessageShape<D>): Violation | undefined {
  const found = inMessage(reflect(schema, message, false));
  return found && new Violation(found.message, found.rule, found.steps.reverse(), [], false);
}
