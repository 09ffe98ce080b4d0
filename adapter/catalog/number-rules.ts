// The rules of buf.validate for numbers, durations and timestamps as JSON Schema.
import type { Message } from "@bufbuild/protobuf";
import { toJson } from "@bufbuild/protobuf";
import { type Duration, DurationSchema, type Timestamp, TimestampSchema } from "@bufbuild/protobuf/wkt";
import type { DurationRules, TimestampRules } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import type { Json } from "../catalog.ts";
import type { Constraint, Schema } from "./schema.ts";
import { listOf } from "./words.ts";

interface Bound<T> {
  readonly case: string | undefined;
  readonly value?: T | boolean | undefined;
}

/** What the rules of all types that have an order share. */
export interface OrderedRules<T> {
  readonly const?: T | undefined;
  readonly in?: readonly T[];
  readonly notIn?: readonly T[];
  readonly example?: readonly T[];
  readonly lessThan: Bound<T>;
  readonly greaterThan: Bound<T>;
}

const KEYWORDS: Readonly<Record<string, string>> = {
  gt: "exclusiveMinimum",
  gte: "minimum",
  lt: "exclusiveMaximum",
  lte: "maximum",
};

function bound({ case: name, value }: Bound<number>, integer: boolean, step: 1 | -1): Schema {
  const keyword = name && KEYWORDS[name];
  if (!keyword || typeof value !== "number") return {};
  // "More than 0" is "at least 1", which is one keyword less for a model to know.
  if (integer && keyword.startsWith("exclusive")) return { [step > 0 ? "minimum" : "maximum"]: value + step };
  return { [keyword]: value };
}

/**
 * Bounds of a number. Where the lower one lies above the upper one, protovalidate means what is outside of both.
 */
function bounds({ greaterThan, lessThan }: OrderedRules<number>, integer: boolean): Schema {
  const low = bound(greaterThan, integer, 1);
  const high = bound(lessThan, integer, -1);
  if (greaterThan.case && lessThan.case && Number(lessThan.value) < Number(greaterThan.value)) {
    return { anyOf: [low, high] };
  }
  return { ...low, ...high };
}

/** The rules of a number that is a number in JSON. */
export function numberRules(rules: OrderedRules<number>, integer: boolean): Constraint {
  return {
    keywords: {
      ...(Object.hasOwn(rules, "const") && { const: rules.const as number }),
      ...(rules.in?.length && { enum: [...rules.in] }),
      ...(rules.notIn?.length && { not: { enum: [...rules.notIn] } }),
      ...bounds(rules, integer),
      ...(rules.example?.length && { examples: [...rules.example] }),
    },
  };
}

const WORDS: Readonly<Record<string, string>> = {
  gt: "greater than",
  gte: "at least",
  lt: "less than",
  lte: "at most",
};

function boundsInWords<T>(rules: OrderedRules<T>, text: (value: T) => string, words = WORDS): string[] {
  const { greaterThan, lessThan } = rules;
  const parts = [greaterThan, lessThan].flatMap((bound) => {
    const word = bound.case && words[bound.case];
    return word ? [`${word} ${text(bound.value as T)}`] : [];
  });
  if (parts.length === 0) return [];
  const outside = parts.length === 2 && comparable(lessThan.value as T) < comparable(greaterThan.value as T);
  return [`Must be ${parts.join(outside ? " or " : " and ")}.`];
}

/** A value that can be compared: nanoseconds of a timestamp or a duration. */
function comparable(value: unknown): bigint {
  if (typeof value === "bigint") return value;
  const { seconds, nanos } = value as Duration | Timestamp;
  return seconds * 1_000_000_000n + BigInt(nanos);
}

/** The rules of a 64-bit integer: its JSON is a string, on which JSON Schema can state a choice, but no bounds. */
export function longRules(rules: OrderedRules<bigint>): Constraint {
  const texts = (values: readonly bigint[]): Json[] => values.map(String);
  return {
    keywords: {
      ...(Object.hasOwn(rules, "const") && { const: String(rules.const) }),
      ...(rules.in?.length && { enum: texts(rules.in) }),
      ...(rules.notIn?.length && { not: { enum: texts(rules.notIn) } }),
      ...(rules.example?.length && { examples: texts(rules.example) }),
    },
    words: boundsInWords(rules, String),
  };
}

function choices<T extends Message>(rules: OrderedRules<T>, text: (value: T) => string): string[] {
  return [
    ...(rules.const ? [`Must be ${text(rules.const)}.`] : []),
    ...(rules.in?.length ? [`Must be ${listOf(rules.in.map(text))}.`] : []),
    ...(rules.notIn?.length ? [`Must not be ${listOf(rules.notIn.map(text))}.`] : []),
  ];
}

const durationText = (value: Duration): string => String(toJson(DurationSchema, value));
const timestampText = (value: Timestamp): string => String(toJson(TimestampSchema, value));

/** The rules of a duration, all in words: one length of time has several spellings. */
export function durationRules(rules: DurationRules): Constraint {
  return { words: [...choices(rules, durationText), ...boundsInWords(rules, durationText)] };
}

/** The rules of a timestamp, all in words: one moment has several spellings. */
export function timestampRules(rules: TimestampRules): Constraint {
  const words = [
    ...choices<Timestamp>(rules, timestampText),
    ...boundsInWords(rules as OrderedRules<Timestamp>, timestampText, {
      gt: "after",
      gte: "at or after",
      lt: "before",
      lte: "at or before",
    }),
  ];
  if (rules.lessThan.case === "ltNow" && rules.lessThan.value) words.push("Must be in the past.");
  if (rules.greaterThan.case === "gtNow" && rules.greaterThan.value) words.push("Must be in the future.");
  if (rules.within) words.push(`Must be within ${durationText(rules.within)} of now.`);
  return { words };
}
