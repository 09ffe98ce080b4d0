// JSON Schema for messages: properties, what they mean, which must be there, and which exclude one another.
import { type DescField, type DescMessage, type DescOneof, getOption } from "@bufbuild/protobuf";
import {
  hasCustomJsonRepresentation,
  isWrapperDesc,
  FeatureSet_FieldPresence as Presence,
} from "@bufbuild/protobuf/wkt";
import {
  type FieldRules,
  field as fieldRulesOption,
  Ignore,
  message as messageRules,
  oneof as oneofRules,
  type Rule,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { commentOf } from "../../runtime/messages/comments.ts";
import type { Json } from "../catalog.ts";
import { bodySchema, isHttpBody } from "./media.ts";
import { fieldOptions } from "./options.ts";
import type { RequiredFields } from "./required.ts";
import { allOf, described, type ObjectSchema, objectOf, type Schema } from "./schema.ts";
import { ANY_JSON, anyJson, enumValue, scalarValue, type Value, wellKnownValue } from "./value-schema.ts";
import { inWords, listOf, paragraph, unwrapped } from "./words.ts";

type Use = "input" | "output";
type RuleType = FieldRules["type"];

const NO_RULES: RuleType = { case: undefined };

const shown: Readonly<Record<Use, WeakMap<DescMessage, readonly DescField[]>>> = {
  input: new WeakMap(),
  output: new WeakMap(),
};

/** The fields of a message that a model gets to see. */
export function shownFields(desc: DescMessage, use: Use): readonly DescField[] {
  let fields = shown[use].get(desc);
  if (!fields) {
    fields = desc.fields.filter((field) => {
      const { hidden, outputOnly } = fieldOptions(field);
      return !hidden && !(use === "input" && outputOnly);
    });
    // Every value of every call asks for them.
    shown[use].set(desc, fields);
  }
  return fields;
}

function rulesOf(field: DescField): FieldRules | undefined {
  const rules = getOption(field, fieldRulesOption);
  return rules.ignore === Ignore.ALWAYS ? undefined : rules;
}

function customRules(rules: { cel: readonly Rule[]; celExpression: readonly string[] } | undefined): string[] {
  if (!rules) return [];
  const told = rules.cel.map(({ message, expression, id }) => message || expression || id);
  return [...told, ...rules.celExpression].map((text) => `Rule: ${/[.!?]$/.test(text) ? text : `${text}.`}`);
}

interface Exclusive {
  readonly fields: readonly DescField[];
  readonly required: boolean;
}

/** Sets of fields of which at most one, or exactly one, may be given: oneofs, and the rules that say the same. */
function exclusive(desc: DescMessage, fields: readonly DescField[]): Exclusive[] {
  const visible = (candidates: readonly DescField[]) => candidates.filter((field) => fields.includes(field));
  const byName = (names: readonly string[]) => visible(desc.fields.filter(({ name }) => names.includes(name)));
  return [
    ...desc.oneofs.map((oneof: DescOneof) => ({
      fields: visible(oneof.fields),
      required: getOption(oneof, oneofRules).required,
    })),
    ...getOption(desc, messageRules).oneof.map((rule) => ({ fields: byName(rule.fields), required: rule.required })),
  ].filter((set) => set.fields.length > 0);
}

/** Whether it can be seen in JSON which fields of a set are given: without presence, 0 is the same as nothing. */
function isVisible({ fields }: Exclusive): boolean {
  return fields.every(({ presence, fieldKind }) => presence !== Presence.IMPLICIT || fieldKind === "message");
}

function excludedBy(sets: readonly Exclusive[]): Schema | undefined {
  const dependent: Schema = {};
  for (const { fields } of sets) {
    for (const field of fields) {
      const others = fields.filter((other) => other !== field).map(({ name }) => [name, false] as const);
      if (others.length === 0) continue;
      const before = dependent[field.name] as { properties: Schema } | undefined;
      dependent[field.name] = { properties: { ...before?.properties, ...Object.fromEntries(others) } };
    }
  }
  return Object.keys(dependent).length > 0 ? dependent : undefined;
}

function defaultOf(field: DescField): Json | undefined {
  const { defaultJson } = fieldOptions(field);
  if (defaultJson) return JSON.parse(defaultJson) as Json;
  if (field.fieldKind !== "scalar") return undefined;
  const value = field.getDefaultValue();
  return typeof value === "string" || typeof value === "boolean" || Number.isFinite(value)
    ? (value as Json)
    : undefined;
}

/** Builds the schemas of a tool's input or output; messages that occur more than once or in themselves become `$defs`. */
export class MessageSchemas {
  readonly #use: Use;
  readonly #required: RequiredFields;
  readonly #definitions = new Map<string, Schema>();
  readonly #names = new Map<DescMessage, string>();
  readonly #shared: ReadonlySet<DescMessage>;

  constructor(root: DescMessage, use: Use, required: RequiredFields) {
    this.#use = use;
    this.#required = required;
    this.#shared = sharedMessages(root, use);
  }

  /** What stands under `$defs` after all else was built. */
  get definitions(): Schema {
    return Object.fromEntries(this.#definitions);
  }

  /** The message itself, never as a reference. Words on the whole message are its description. */
  object(desc: DescMessage, root: boolean): ObjectSchema {
    if (this.#use === "output" && isHttpBody(desc)) return bodySchema;
    const fields = shownFields(desc, this.#use);
    const properties = Object.fromEntries(fields.map((field) => [field.name, this.#property(field)]));
    if (this.#use === "output") return objectOf(properties);
    const required = this.#required(desc);
    const sets = exclusive(desc, fields).filter(isVisible);
    const excluded = excludedBy(sets);
    const schema: ObjectSchema = {
      ...objectOf(
        properties,
        fields.filter((field) => required.has(field)).map(({ name }) => name),
      ),
      ...(excluded && { dependentSchemas: excluded }),
    };
    // Model APIs refuse a `not` at the root: there the rule stands in words alone.
    const needed = root ? [] : sets.filter((set) => set.required);
    const none = needed.map(
      ({ fields }): Schema => ({
        not: { properties: Object.fromEntries(fields.map(({ name }) => [name, false])) },
      }),
    );
    return { ...schema, ...allOf(none) };
  }

  /** What is told of a message in words: its rules across fields. */
  rules(desc: DescMessage): string {
    if (this.#use === "output") return "";
    const needed = exclusive(desc, shownFields(desc, this.#use)).filter((set) => set.required);
    return paragraph(
      ...needed.map(({ fields }) => `Needs ${listOf(fields.map(({ name }) => name))}.`),
      ...customRules(getOption(desc, messageRules)),
    );
  }

  #property(field: DescField): Schema {
    const rules = this.#use === "input" ? rulesOf(field) : undefined;
    const { schema, words } = this.#field(field, rules);
    const own = field.message && !field.message.typeName.startsWith("google.protobuf.") ? field.message : undefined;
    const fallback = own ? unwrapped(commentOf(own)) : "";
    const meaning = unwrapped(commentOf(field)) || fallback || `${inWords(field.name)}.`;
    const text = paragraph(meaning, ...this.#siblings(field), ...words, ...customRules(rules), this.#origin(field));
    const preset = this.#use === "input" ? defaultOf(field) : undefined;
    return {
      ...described(schema, text.replaceAll(" \n", "\n")),
      ...(preset !== undefined && { default: preset }),
      ...(field.deprecated && { deprecated: true }),
    };
  }

  #siblings(field: DescField): string[] {
    if (this.#use === "output") return [];
    return exclusive(field.parent, shownFields(field.parent, this.#use))
      .filter(({ fields }) => fields.length > 1 && fields.includes(field))
      .map(({ fields, required }) => {
        const names = listOf(fields.map(({ name }) => name));
        return `${required ? "Exactly" : "Only"} one of ${names}.`;
      });
  }

  #origin(field: DescField): string | undefined {
    const marked = this.#use === "output" && fieldOptions(field).untrusted;
    return marked ? "What people wrote: comes inside a marked boundary." : undefined;
  }

  #field(field: DescField, rules: FieldRules | undefined): Value {
    const type = rules?.type ?? NO_RULES;
    if (field.fieldKind === "list") {
      const list = type.case === "repeated" ? type.value : undefined;
      const { schema: items, words } = this.#item(field, list?.items);
      const schema: Schema = {
        type: "array",
        items,
        ...(list && Object.hasOwn(list, "minItems") && { minItems: Number(list.minItems) }),
        ...(list && Object.hasOwn(list, "maxItems") && { maxItems: Number(list.maxItems) }),
        ...(list?.unique && { uniqueItems: true }),
      };
      return { schema, words };
    }
    if (field.fieldKind === "map") {
      const map = type.case === "map" ? type.value : undefined;
      const keys = scalarValue(field.mapKey, map?.keys?.type);
      const { schema: values, words } = this.#item(field, map?.values);
      const schema: Schema = {
        type: "object",
        ...keySchema(keys.schema),
        additionalProperties: values,
        ...(map && Object.hasOwn(map, "minPairs") && { minProperties: Number(map.minPairs) }),
        ...(map && Object.hasOwn(map, "maxPairs") && { maxProperties: Number(map.maxPairs) }),
      };
      const keyWords = [...keys.words, ...customRules(map?.keys)].map((text) => `Keys: ${text}`);
      return { schema, words: [...keyWords, ...words] };
    }
    return this.#element(field, type);
  }

  /** What a list or a map holds, under rules of its own. */
  #item(field: DescField, rules: FieldRules | undefined): Value {
    if (!rules || rules.ignore === Ignore.ALWAYS) return this.#element(field);
    const { schema, words } = this.#element(field, rules.type);
    const zeroAllowed = rules.ignore === Ignore.IF_ZERO_VALUE && field.scalar !== undefined;
    return { schema: zeroAllowed ? orZero(schema) : schema, words: [...words, ...customRules(rules)] };
  }

  #element({ scalar, enum: enumeration, message }: DescField, type: RuleType = NO_RULES): Value {
    if (scalar !== undefined) return scalarValue(scalar, type);
    if (enumeration) return enumValue(enumeration, type, this.#use);
    return this.message(message as DescMessage, type);
  }

  /** A message where a value is wanted: its own form, a reference, or the object itself. */
  message(desc: DescMessage, type: RuleType = NO_RULES): Value {
    const [first] = desc.fields;
    if (isWrapperDesc(desc) && first?.scalar !== undefined) return scalarValue(first.scalar, type);
    const wellKnown = wellKnownValue(desc, type);
    if (wellKnown) {
      if (JSON.stringify(wellKnown.schema).includes(`#/$defs/${ANY_JSON}"`)) this.#definitions.set(ANY_JSON, anyJson);
      return wellKnown;
    }
    if (!this.#shared.has(desc)) return { schema: this.object(desc, false), words: [this.rules(desc)] };
    return { schema: { $ref: `#/$defs/${this.#define(desc)}` }, words: [] };
  }

  #define(desc: DescMessage): string {
    let name = this.#names.get(desc);
    if (name) return name;
    name = this.#definitions.has(desc.name) ? desc.typeName : desc.name;
    this.#names.set(desc, name);
    // The name is taken before the body is built, because the body may refer to it.
    this.#definitions.set(name, {});
    const text = paragraph(unwrapped(commentOf(desc)), this.rules(desc));
    this.#definitions.set(name, described(this.object(desc, false), text));
    return name;
  }
}

/** The keys of a JSON object are strings whatever type the keys of the map have. */
function keySchema(key: Schema): Schema {
  if (key.type === "boolean") return { propertyNames: { type: "string", enum: ["true", "false"] } };
  if (key.type === "integer") {
    const signed = Number(key.minimum) < 0;
    return { propertyNames: { type: "string", pattern: `^(?:0|${signed ? "-?" : ""}[1-9][0-9]{0,9})$` } };
  }
  return Object.keys(key).length > 1 ? { propertyNames: key } : {};
}

/** For rules that an item need not meet where it is the zero value. */
function orZero(schema: Schema): Schema {
  const { type, ...keywords } = schema;
  const zero = type === "string" ? "" : type === "boolean" ? false : 0;
  return { type: type ?? "number", anyOf: [{ const: zero }, keywords] };
}

/** Messages that occur twice or more, or within themselves, below `root`. */
function sharedMessages(root: DescMessage, use: Use): ReadonlySet<DescMessage> {
  const seen = new Set<DescMessage>();
  const shared = new Set<DescMessage>();
  const visit = (desc: DescMessage, above: readonly DescMessage[]) => {
    for (const { message } of shownFields(desc, use)) {
      if (!message || hasCustomJsonRepresentation(message) || isHttpBody(message)) continue;
      if (seen.has(message) || above.includes(message)) shared.add(message);
      if (seen.has(message)) continue;
      seen.add(message);
      visit(message, [...above, message]);
    }
  };
  visit(root, [root]);
  return shared;
}
