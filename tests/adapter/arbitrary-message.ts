// Random messages of any type, from its descriptor.
import {
  create,
  type DescField,
  type DescMessage,
  fromJson,
  type JsonValue,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { anyPack, DurationSchema, type FieldMask, StringValueSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { enumNames } from "../../adapter/catalog/enum-names.ts";
import { shownFields } from "../../adapter/catalog/message-schema.ts";

const MAX_DEPTH = 4;

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: "grapheme", maxLength: 8 }),
  fc.constantFrom("", "null", "1", "NaN", "<b>", "a b", "é", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"),
);
const key = text.filter((name) => name !== "__proto__");
// JSON has no negative zero.
const notNegativeZero = (value: number) => !Object.is(value, -0);
const double = fc.oneof(fc.double(), fc.constantFrom(0, 1, Number.NaN, Infinity, -Infinity)).filter(notNegativeZero);
const float = fc.float().filter(notNegativeZero);
const int32 = fc.oneof(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.integer({ min: -20, max: 20 }));
const uint32 = fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.nat(20));
const int64 = fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: -20n, max: 20n }));
const uint64 = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.bigInt({ min: 0n, max: 20n }));
const bytes = fc.uint8Array({ maxLength: 9 });

const SCALARS: Readonly<Record<ScalarType, fc.Arbitrary<unknown>>> = {
  [ScalarType.DOUBLE]: double,
  [ScalarType.FLOAT]: float,
  [ScalarType.INT32]: int32,
  [ScalarType.SINT32]: int32,
  [ScalarType.SFIXED32]: int32,
  [ScalarType.UINT32]: uint32,
  [ScalarType.FIXED32]: uint32,
  [ScalarType.INT64]: int64,
  [ScalarType.SINT64]: int64,
  [ScalarType.SFIXED64]: int64,
  [ScalarType.UINT64]: uint64,
  [ScalarType.FIXED64]: uint64,
  [ScalarType.BOOL]: fc.boolean(),
  [ScalarType.STRING]: text,
  [ScalarType.BYTES]: bytes,
};

const { json } = fc.letrec<{ json: JsonValue }>((tie) => ({
  json: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter(notNegativeZero),
    text,
    fc.array(tie("json"), { maxLength: 3 }),
    fc.dictionary(key, tie("json"), { maxKeys: 3 }) as fc.Arbitrary<JsonValue>,
  ),
}));

const fieldPath = fc
  .array(fc.stringMatching(/^[a-z]{1,5}(?:_[a-z]{1,4})?$/), { minLength: 1, maxLength: 2 })
  .map((parts) => parts.join("."));
const timestamp = fc
  .record({ seconds: fc.bigInt({ min: -62_135_596_800n, max: 253_402_300_799n }), nanos: fc.nat(999_999_999) })
  .map((value) => create(TimestampSchema, value));
const duration = fc
  .record({ seconds: fc.bigInt({ min: 0n, max: 315_576_000_000n }), nanos: fc.nat(999_999_999), minus: fc.boolean() })
  .map(({ seconds, nanos, minus }) =>
    create(DurationSchema, minus ? { seconds: -seconds, nanos: -nanos } : { seconds, nanos }),
  );
const any = fc.oneof(
  duration.map((value) => anyPack(DurationSchema, value)),
  text.map((value) => anyPack(StringValueSchema, create(StringValueSchema, { value }))),
);

function wellKnown(desc: DescMessage): fc.Arbitrary<Message> | undefined {
  switch (desc.typeName) {
    case "google.protobuf.Timestamp":
      return timestamp;
    case "google.protobuf.Duration":
      return duration;
    case "google.protobuf.Any":
      return any;
    case "google.protobuf.FieldMask":
      return fc.array(fieldPath, { maxLength: 3 }).map((paths) => Object.assign(create(desc) as FieldMask, { paths }));
    case "google.protobuf.Value":
      return json.map((value) => fromJson(desc, value));
    case "google.protobuf.Struct":
      return fc.dictionary(key, json, { maxKeys: 3 }).map((value) => fromJson(desc, value));
    case "google.protobuf.ListValue":
      return fc.array(json, { maxLength: 3 }).map((value) => fromJson(desc, value));
    default:
      return undefined;
  }
}

function element(field: DescField, depth: number): fc.Arbitrary<unknown> {
  if (field.enum?.typeName === "google.protobuf.NullValue") return fc.constant(0);
  if (field.enum) return fc.constantFrom(...enumNames(field.enum).shown.map(({ value }) => value.number));
  if (field.message) return messages(field.message, depth + 1).map((value) => reflect(field.message, value, false));
  return SCALARS[field.scalar as ScalarType];
}

type Fill = (message: ReflectMessage) => void;

function fill(field: DescField, depth: number): fc.Arbitrary<Fill> {
  const one = element(field, depth);
  if (field.fieldKind === "list") {
    return fc.array(one, { maxLength: 3 }).map((items) => (message) => {
      for (const item of items) message.get(field).add(item);
    });
  }
  if (field.fieldKind === "map") {
    const keys = field.mapKey === ScalarType.STRING ? key : SCALARS[field.mapKey];
    return fc.array(fc.tuple(keys, one), { maxLength: 3 }).map((entries) => (message) => {
      for (const [name, value] of entries) message.get(field).set(name, value);
    });
  }
  return one.map((value) => (message) => message.set(field, value));
}

/** Random messages of a type: a few of its fields set, at most one of each oneof. */
export function messages(desc: DescMessage, depth = 0): fc.Arbitrary<Message> {
  const special = wellKnown(desc);
  if (special) return special;
  const fields = shownFields(desc, "input").filter(({ message }) => depth < MAX_DEPTH || !message);
  if (fields.length === 0) return fc.constant(create(desc));
  return fc
    .uniqueArray(fc.constantFrom(...fields), { maxLength: Math.max(3, fields.length >> depth) })
    .chain((chosen) => fc.tuple(...chosen.map((field) => fill(field, depth))))
    .map((fills) => {
      const target = reflect(desc, create(desc), false);
      for (const each of fills) each(target);
      return target.message;
    });
}
