// JSON Schema for one value: a scalar, an enum, or a message that ProtoJSON writes in a form of its own.
import { type DescEnum, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import type { EnumRules, FieldRules } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { commentOf } from "../../runtime/messages/comments.ts";
import { enumNames } from "./enum-names.ts";
import { durationRules, longRules, numberRules, type OrderedRules, timestampRules } from "./number-rules.ts";
import type { Constraint, Schema } from "./schema.ts";
import { bytesRules, stringRules } from "./string-rules.ts";
import { listOf, unwrapped } from "./words.ts";

const BASE64 = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$";
/** What stands in a result for an enum value that the descriptors do not know. */
export const UNRECOGNIZED = "unrecognized";

const INT32: Schema = { type: "integer", minimum: -2_147_483_648, maximum: 2_147_483_647 };
const UINT32: Schema = { type: "integer", minimum: 0, maximum: 4_294_967_295 };
const INT64: Schema = { type: "string", pattern: "^(?:0|-?[1-9][0-9]{0,18})$" };
const UINT64: Schema = { type: "string", pattern: "^(?:0|[1-9][0-9]{0,19})$" };

const SCALARS: Readonly<Record<ScalarType, Schema>> = {
  [ScalarType.BOOL]: { type: "boolean" },
  [ScalarType.STRING]: { type: "string" },
  [ScalarType.BYTES]: { type: "string", contentEncoding: "base64", pattern: BASE64 },
  [ScalarType.DOUBLE]: { type: "number" },
  [ScalarType.FLOAT]: { type: "number" },
  [ScalarType.INT32]: INT32,
  [ScalarType.SINT32]: INT32,
  [ScalarType.SFIXED32]: INT32,
  [ScalarType.UINT32]: UINT32,
  [ScalarType.FIXED32]: UINT32,
  [ScalarType.INT64]: INT64,
  [ScalarType.SINT64]: INT64,
  [ScalarType.SFIXED64]: INT64,
  [ScalarType.UINT64]: UINT64,
  [ScalarType.FIXED64]: UINT64,
};

/** A schema, and words for those rules of the value that it cannot state. */
export interface Value {
  readonly schema: Schema;
  readonly words: readonly string[];
}

function value(schema: Schema, { keywords, words = [] }: Constraint = {}): Value {
  return { schema: { ...schema, ...keywords }, words };
}

/** A floating-point number: ProtoJSON writes what JSON cannot as strings, so far as the rules allow them. */
function floating(rules: FieldRules["type"]): Value {
  const typed = rules.case === "float" || rules.case === "double" ? rules.value : undefined;
  const { schema, words } = value({ type: "number" }, typed && numberRules(typed as OrderedRules<number>, false));
  const above = Boolean(typed?.greaterThan.case);
  const below = Boolean(typed?.lessThan.case);
  if (typed && (typed.finite || typed.in.length > 0 || Object.hasOwn(typed, "const"))) return { schema, words };
  // No comparison holds for NaN; where only one side is bounded, the other infinity is within.
  const outside = above && below && Number(typed?.lessThan.value) < Number(typed?.greaterThan.value);
  const special = [
    ...(above || below ? [] : ["NaN"]),
    ...(below && !outside ? [] : ["Infinity"]),
    ...(above && !outside ? [] : ["-Infinity"]),
  ];
  return special.length > 0
    ? { schema: { anyOf: [schema, { type: "string", enum: special }] }, words }
    : { schema, words };
}

/** The JSON of a scalar (protobuf.dev/programming-guides/json), under its rules. */
export function scalarValue(type: ScalarType, rules: FieldRules["type"] = { case: undefined }): Value {
  if (type === ScalarType.DOUBLE || type === ScalarType.FLOAT) return floating(rules);
  const base = SCALARS[type];
  switch (rules.case) {
    case "string":
      return value(base, stringRules(rules.value));
    case "bytes":
      return value(base, bytesRules(rules.value));
    case "bool":
      return value(base, Object.hasOwn(rules.value, "const") ? { keywords: { const: rules.value.const } } : {});
    case "int32":
    case "sint32":
    case "sfixed32":
    case "uint32":
    case "fixed32":
      return value(base, numberRules(rules.value as OrderedRules<number>, true));
    case "int64":
    case "sint64":
    case "sfixed64":
    case "uint64":
    case "fixed64":
      return value(base, longRules(rules.value as OrderedRules<bigint>));
    default:
      return value(base);
  }
}

function allows(rules: EnumRules | undefined, number: number): boolean {
  if (!rules) return true;
  if (Object.hasOwn(rules, "const") && rules.const !== number) return false;
  return (rules.in.length === 0 || rules.in.includes(number)) && !rules.notIn.includes(number);
}

/** An enum by its short names, each with what it means, so far as the rules allow it. */
export function enumValue(desc: DescEnum, rules: FieldRules["type"], use: "input" | "output"): Value {
  if (desc.typeName === "google.protobuf.NullValue") return value({ type: "null" });
  const typed = rules.case === "enum" ? rules.value : undefined;
  const { shown } = enumNames(desc);
  const allowed = shown.filter((each) => allows(typed, each.value.number));
  // Rules that leave nothing but "unspecified" cannot be met by any name.
  const usable = allowed.length > 0 ? allowed : shown;
  const meanings = usable.flatMap(({ name, value: each }) => {
    const comment = unwrapped(commentOf(each));
    return comment ? [`\n- ${name}: ${comment}`] : [];
  });
  const names = usable.map(({ name }) => name);
  return {
    schema: { type: "string", enum: use === "output" ? [...names, UNRECOGNIZED] : names },
    words: meanings.length > 0 ? [`One of:${meanings.join("")}`] : [],
  };
}

/** A reference to the schema of any JSON value, which stands among the definitions. */
export const ANY_JSON = "google.protobuf.Value";

/** The definition behind {@link ANY_JSON}: google.protobuf.Value. */
export const anyJson: Schema = {
  description: "Any JSON value.",
  anyOf: [
    { type: "null" },
    { type: "boolean" },
    { type: "number" },
    { type: "string" },
    { type: "array", items: { $ref: `#/$defs/${ANY_JSON}` } },
    { type: "object", additionalProperties: { $ref: `#/$defs/${ANY_JSON}` } },
  ],
};

const anyJsonRef: Schema = { $ref: `#/$defs/${ANY_JSON}` };

/** The JSON of a well-known message that ProtoJSON does not write as an object of its fields; undefined for any other. */
export function wellKnownValue(desc: DescMessage, rules: FieldRules["type"] = { case: undefined }): Value | undefined {
  switch (desc.typeName) {
    case "google.protobuf.Timestamp":
      return {
        schema: { type: "string", format: "date-time" },
        words: [
          "RFC 3339, such as 2026-01-31T09:30:00Z.",
          ...((rules.case === "timestamp" && timestampRules(rules.value).words) || []),
        ],
      };
    case "google.protobuf.Duration":
      return {
        schema: { type: "string", pattern: "^-?[0-9]{1,12}(?:\\.[0-9]{1,9})?s$" },
        words: [
          "Seconds with an s, such as 90s or 1.5s.",
          ...((rules.case === "duration" && durationRules(rules.value).words) || []),
        ],
      };
    case "google.protobuf.FieldMask": {
      const mask = rules.case === "fieldMask" ? rules.value : undefined;
      const words = ["Names of fields with commas between, such as title,owner.name."];
      if (mask?.in.length) words.push(`Fields that can be named: ${listOf(mask.in, "and")}.`);
      if (mask?.notIn.length) words.push(`Not to be named: ${listOf(mask.notIn)}.`);
      if (mask?.const) words.push(`Must be ${mask.const.paths.join(",")}.`);
      return { schema: { type: "string", pattern: "^(?:[A-Za-z0-9_.*]+(?:,[A-Za-z0-9_.*]+)*)?$" }, words };
    }
    case "google.protobuf.Struct":
      return { schema: { type: "object", additionalProperties: anyJsonRef }, words: [] };
    case "google.protobuf.Value":
      return { schema: anyJsonRef, words: [] };
    case "google.protobuf.ListValue":
      return { schema: { type: "array", items: anyJsonRef }, words: [] };
    case "google.protobuf.Any": {
      const any = rules.case === "any" ? rules.value : undefined;
      const type: Schema = {
        type: "string",
        description: "Type of the message, such as type.googleapis.com/google.protobuf.Duration.",
        ...(any?.in.length && { enum: any.in }),
        ...(any?.notIn.length && { not: { enum: any.notIn } }),
      };
      return {
        schema: {
          type: "object",
          properties: { "@type": type },
          required: ["@type"],
          additionalProperties: anyJsonRef,
        },
        words: ["A message of any type, with its fields beside @type."],
      };
    }
    default:
      return undefined;
  }
}
