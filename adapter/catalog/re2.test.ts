import { expect, it } from "vitest";
import { literal, toEcmaPattern } from "./re2.ts";

it.each([
  ["^TKT-[1-9][0-9]{3,14}$", "^TKT-[1-9][0-9]{3,14}$"],
  ["a.c", "a[^\\n]c"],
  ["a\\.c[.]", "a\\.c[.]"],
  ["\\Aab\\z", "^ab$"],
  ["(?P<year>\\d{4})", "(?<year>\\d{4})"],
  ["[[:alpha:]_]+", "[A-Za-z_]+"],
  ["\\pL\\p{Lu}\\p{Greek}\\P{^Han}", "\\p{L}\\p{Lu}\\p{Script=Greek}\\p{Script=Han}"],
  ["\\x{1F600}", "\\u{1F600}"],
  ["a\\-b\\@[\\-x]", "a-b@[\\-x]"],
  ["\\s", "[\\t\\n\\f\\r ]"],
  ["[]a]", "[\\]a]"],
])("%s becomes %s", (pattern, expected) => {
  expect(toEcmaPattern(pattern)).toBe(expected);
});

it.each(["(?i)yes", "\\Qa.b\\E", "\\C", "a{2,1}"])("%s has no equal", (pattern) => {
  expect(toEcmaPattern(pattern)).toBeUndefined();
});

it("a literal text matches itself and nothing else", () => {
  const text = "a.b*c[d](e)/f\\g^$";
  expect(new RegExp(`^${literal(text)}$`, "u").test(text)).toBe(true);
  expect(new RegExp(literal("."), "u").test("x")).toBe(false);
});
