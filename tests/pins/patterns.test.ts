// Patterns in the protos are RE2 by protovalidate's contract, and matched by the platform's engine (runtime/calls/validator.ts): so they
// say only what both read alike.
import type { FieldRules } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { expect, test } from "vitest";
import { messages, rulesOf } from "./descriptors.ts";

function patternsOf(rules: FieldRules | undefined): string[] {
  switch (rules?.type.case) {
    case "string":
      return rules.type.value.pattern ? [rules.type.value.pattern] : [];
    case "repeated":
      return patternsOf(rules.type.value.items);
    case "map":
      return [...patternsOf(rules.type.value.keys), ...patternsOf(rules.type.value.values)];
    default:
      return [];
  }
}

const patterns = new Set(messages.flatMap(({ fields }) => fields.flatMap((field) => patternsOf(rulesOf(field)))));

// Outside of both: classes whose members differ (\\s, \\w, \\b, a bare dot), flags, look-around, back references, names.
const ALIKE =
  /^(?:\\[.\\tnfr/]|\[\^?(?:\\[.\\tnfr/\]]|[^\\\]])+\]|\((?!\?)|[)|^$?*+]|\{[0-9]+(?:,[0-9]*)?\}|[\w :/@-])+$/;

test("every pattern says only what RE2 and ECMAScript read alike", () => {
  expect(patterns.size).toBeGreaterThan(8);
  expect([...patterns].filter((pattern) => !ALIKE.test(pattern))).toEqual([]);
  for (const odd of ["^\\s$", "^a.b$", "(?i)a", "^(a)\\1$", "(?=a)", "\\bx"]) expect(ALIKE.test(odd)).toBe(false);
});

test("rules that the engine is asked by are patterns alone, not matches() of CEL", () => {
  const cel = messages.flatMap((message) => message.fields.flatMap((field) => rulesOf(field)?.cel ?? []));
  expect(cel.filter(({ expression }) => expression.includes(".matches("))).toEqual([]);
});
