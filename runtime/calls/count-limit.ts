// How many items a list or a map may have by the rules of its proto.
import type { DescField } from "@bufbuild/protobuf";
import type { Path } from "@bufbuild/protobuf/reflect";
import {
  type FieldRules,
  FieldRulesSchema,
  Ignore,
  MapRulesSchema,
  RepeatedRulesSchema,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";

/** The most items, and how protovalidate calls the rule that says so. */
export interface CountLimit {
  readonly most: number;
  readonly rule: string;
  readonly message: string;
  /** Of the rule, in `buf.validate.FieldRules`. */
  readonly path: Path;
}

const REPEATED = FieldRulesSchema.field.repeated;
const MAP = FieldRulesSchema.field.map;

/** The limit of a field; undefined where its rules set none. */
export function countLimit(field: DescField, rules: FieldRules | undefined): CountLimit | undefined {
  if (rules === undefined || rules.ignore === Ignore.ALWAYS) return undefined;
  if (rules.type.case === "map" && rules.type.value.maxPairs > 0n) {
    const { maxPairs } = rules.type.value;
    const message = `map must be at most ${maxPairs} entries`;
    const path = [MAP, MapRulesSchema.field.maxPairs];
    return { most: Number(maxPairs), rule: "map.max_pairs", message, path };
  }
  if (rules.type.case !== "repeated") return undefined;
  const { maxItems, unique } = rules.type.value;
  if (maxItems > 0n) {
    const message = `must contain no more than ${maxItems} item(s)`;
    const path = [REPEATED, RepeatedRulesSchema.field.maxItems];
    return { most: Number(maxItems), rule: "repeated.max_items", message, path };
  }
  // An enum has no more values than it has: what is more is one of them twice, or none.
  if (!unique || !field.enum) return undefined;
  const message = "repeated value must contain unique items";
  const path = [REPEATED, RepeatedRulesSchema.field.unique];
  return { most: field.enum.values.length, rule: "repeated.unique", message, path };
}
