// What is refused for every method alike before the rules of its proto are checked one by one: values that Protobuf lets through and
// that not every database or protocol can keep, and more items than a rule allows, each of which would be checked else.
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
import { type CountLimit, countLimit } from "./count-limit.ts";

/** 0001-01-01 and the last second of 9999, in seconds (google/protobuf/timestamp.proto). */
const FIRST_SECOND = -62_135_596_800n;
const LAST_SECOND = 253_402_300_799n;
/** Paths of a mask, for which protovalidate has no such rule: several times as many as any message has fields and entries. */
const MOST_PATHS = 1_000;

type Step = Path[number];
interface Finding {
  readonly rule: string;
  readonly message: string;
  /** The place of the rule in the rules of the field, where it is one of protovalidate's. */
  readonly rulePath: Path;
  /** From the value outwards. */
  readonly steps: Step[];
}

const finding = (rule: string, message: string, rulePath: Path = []): Finding => ({
  ...{ rule, message, rulePath },
  steps: [],
});

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
  if (paths.length > MOST_PATHS) return finding("field_mask.count", `names more than ${MOST_PATHS} paths`);
  // JSON joins paths in lowerCamelCase by commas and cannot say these (google/protobuf/field_mask.proto); a key of a map may be so.
  if (!paths.some((path) => /[A-Z,]|_(?![a-z])/.test(path))) return undefined;
  return finding("field_mask.path", "paths are written in lower_snake_case; name a map as a whole, without its key");
}

/** Whether the rules of a field, or of its items, are to be checked by somebody else. */
function isElsewhere({ ignore, type }: FieldRules): boolean {
  const items = type.case === "repeated" ? type.value.items?.ignore : undefined;
  return ignore === Ignore.ALWAYS || items === Ignore.ALWAYS;
}

/** A field that is looked at. */
interface Look {
  readonly field: DescField;
  readonly limit: CountLimit | undefined;
  /** Whether to look into its value as well. */
  readonly inside: boolean;
  /** Whether it is a text of its own, which is looked at as it is: reflection takes longer. */
  readonly isText: boolean;
}

const looked = new Map<DescMessage, readonly Look[]>();

function lookAt(field: DescField): Look {
  const rules = hasOption(field, fieldRules) ? getOption(field, fieldRules) : undefined;
  const canHold = field.message !== undefined || field.scalar === ScalarType.STRING || field.fieldKind === "map";
  const inside = canHold && !(rules && isElsewhere(rules));
  const isText = inside && field.fieldKind === "scalar" && field.scalar === ScalarType.STRING && !field.oneof;
  return { field, limit: countLimit(field, rules), inside, isText };
}

/** What to look at in messages of a type. */
function looksOf(desc: DescMessage): readonly Look[] {
  let looks = looked.get(desc);
  if (!looks) {
    looks = desc.fields.map(lookAt).filter(({ limit, inside }) => limit || inside);
    looked.set(desc, looks);
  }
  return looks;
}

const isMessage = (value: unknown): value is ReflectMessage => typeof value === "object" && value !== null;
const inValue = (value: unknown) => (isMessage(value) ? inMessage(value) : inText(value));

function inField(message: ReflectMessage, { field, limit, inside }: Look): Finding | undefined {
  switch (field.fieldKind) {
    case "list": {
      const list = message.get(field);
      if (limit && list.size > limit.most) return finding(limit.rule, limit.message, limit.path);
      if (!inside) return undefined;
      let index = 0;
      for (const item of list) {
        const found = inValue(item);
        found?.steps.push({ kind: "list_sub", index });
        if (found) return found;
        index++;
      }
      return undefined;
    }
    case "map": {
      const map = message.get(field);
      if (limit && map.size > limit.most) return finding(limit.rule, limit.message, limit.path);
      for (const [key, value] of map) {
        const found = inText(key) ?? inValue(value);
        found?.steps.push({ kind: "map_sub", key: key as string });
        if (found) return found;
      }
      return undefined;
    }
    default:
      return inValue(message.get(field));
  }
}

function inMessage(message: ReflectMessage): Finding | undefined {
  if (message.desc.typeName === TimestampSchema.typeName) return inTimestamp(message.message as Timestamp);
  if (message.desc.typeName === FieldMaskSchema.typeName) return inFieldMask(message.message as FieldMask);
  for (const look of looksOf(message.desc)) {
    const { field, isText } = look;
    const found = isText
      ? inText(message.message[field.localName as "$typeName"])
      : message.isSet(field)
        ? inField(message, look)
        : undefined;
    found?.steps.push(field);
    if (found) return found;
  }
  return undefined;
}

/**
 * Finds the first list that has too many items, or text, time or mask that cannot be kept or said everywhere; undefined in almost
 * every message.
 */
export function findUnstorable<D extends DescMessage>(schema: D, message: MessageShape<D>): Violation | undefined {
  const found = inMessage(reflect(schema, message, false));
  return found && new Violation(found.message, found.rule, found.steps.reverse(), found.rulePath, false);
}
