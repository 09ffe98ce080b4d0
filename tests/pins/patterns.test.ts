// Patterns in the protos are RE2 by protovalidate's contract, and matched by the platform's engine (runtime/calls/validator.ts): so they
// say only what both read alike.
import { getOption } from "@bufbuild/protobuf";
import { type FieldRules, message as messageRules } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { expect, test } from "vitest";
import { isBlank, VISIBLE } from "../../runtime/messages/blank.ts";
import { fieldName, fieldsReachedFrom, messages, methods, rulesOf } from "./descriptors.ts";

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

const asked = fieldsReachedFrom(methods.map(({ input }) => input));
const patterns = new Set(messages.flatMap(({ fields }) => fields.flatMap((field) => patternsOf(rulesOf(field)))));

// Outside of both: classes whose members differ (\\s, \\w, \\b, a bare dot), flags, look-around, back references, names.
const ALIKE =
  /^(?:\\[.\\tnfr/]|\[\^?(?:\\[.\\tnfr/\]]|[^\\\]])+\]|\((?!\?)|[)|^$?*+]|\{[0-9]+(?:,[0-9]*)?\}|[\w :/@-])+$/;

test("every pattern says only what RE2 and ECMAScript read alike", () => {
  expect(patterns.size).toBeGreaterThan(8);
  expect([...patterns].filter((pattern) => !ALIKE.test(pattern))).toEqual([]);
  for (const odd of ["^\\s$", "^a.b$", "(?i)a", "^(a)\\1$", "(?=a)", "\\bx"]) expect(ALIKE.test(odd)).toBe(false);
});

/** Texts of requests that may be blank although not empty, with the reason. */
const MAY_BE_BLANK = {
  "WantedCustomer.external_id": "a key in another system",
  "FindCustomerRequest.external_id": "a key in another system",
  "CorrectAnalysisRequest.text": "a text that the desk has, whatever it says",
};

test("every text that must say something must not be blank, by the one rule", () => {
  const needed = asked.filter((field) => {
    const { type } = rulesOf(field) ?? {};
    return type?.case === "string" && type.value.minLen > 0n;
  });
  const ruled = asked.filter((field) => rulesOf(field)?.cel.some(({ id }) => id === "text.not_blank"));
  expect(ruled.length).toBeGreaterThan(20);
  const unruled = needed.filter((field) => !ruled.includes(field)).map(fieldName);
  expect(unruled.sort()).toEqual(Object.keys(MAY_BE_BLANK).sort());
  const rules = ruled.flatMap((field) => rulesOf(field)?.cel ?? []);
  expect(new Set(rules.map(({ id, message, expression }) => `${id}: ${message}: ${expression}`)).size).toBe(1);
});

test("no other pattern than the one of texts that say something is in CEL", () => {
  const expressions = messages.flatMap((message) => [
    ...getOption(message, messageRules).cel,
    ...message.fields.flatMap((field) => rulesOf(field)?.cel ?? []),
  ]);
  const patterns = expressions.flatMap(({ expression }) => expression.match(/matches\(.*?'\)/g) ?? []);
  expect(new Set(patterns)).toEqual(new Set([`matches('${VISIBLE.replaceAll("\\", "\\\\")}')`]));
});

test("a text is blank that has no character to see", () => {
  const blank = ["", " ", "\t\r\n", "\u00a0\u3000\u2028", "\u200b\u200d\ufeff\u2060", "\u202e\u{E0041}"];
  expect(blank.filter((text) => !isBlank(text))).toEqual([]);
  expect(["k", "0", ".", "👍", "👩‍🚀", "好", " \u200b!", "\u0301"].filter(isBlank)).toEqual([]);
});
