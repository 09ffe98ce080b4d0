// What validation refuses, the schema refuses too, wherever JSON Schema can say it; what validation takes, the schema takes.
import type { DescField, FileRegistry } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { buildCatalog } from "../../adapter/catalog/build-catalog.ts";
import { decode } from "../../adapter/catalog/decode.ts";
import { encode } from "../../adapter/catalog/encode.ts";
import { enumNames } from "../../adapter/catalog/enum-names.ts";
import type { Json, JsonObject, Tool } from "../../adapter/catalog.ts";
import { loadFixture, messageOf, serviceOf } from "./fixture.ts";
import { strictAjv } from "./json-schema.ts";
import { noTransport } from "./no-transport.ts";

const numRuns = Number(process.env.FUZZ_CASES ?? 400);

const UUID = "123e4567-e89b-12d3-a456-426614174000";
const STRINGS = [
  ...[
    "",
    "a",
    "ab",
    "abc",
    "abcde",
    "abcdef",
    "😀😀",
    "😀😀😀😀😀",
    "ééé",
    "AB-1",
    "AB-",
    "xAB-12",
    "AB-1\n",
    "a.+.z",
    "a..z",
  ],
  ...[
    "a.+?.z",
    "red",
    "blue",
    "none",
    "fixed",
    "x@y.z",
    "x@",
    "a@b",
    UUID,
    UUID.toUpperCase(),
    `${UUID}0`,
    "yes",
    "YES",
  ],
  ...[
    UUID.replaceAll("-", ""),
    "http://a.example/b",
    "a b",
    "example.com",
    "-bad.com",
    "192.0.2.1",
    "999.1.1.1",
    "::1",
    "2001:db8::1",
  ],
];
const NUMBERS = [-100, -20, -11, -10, -1, 0, 1, 2, 3, 7, 8, 9, 10, 11, 13, 99, 100, 101, 1000];

/** Valid values for what must be there. */
const BASES: Readonly<Record<string, JsonObject>> = {
  StringRules: { length: "abc", pattern: "AB-1" },
  NumberRules: { range: 5 },
  OtherRules: { tags: ["a"], counts: { a: 1 }, leaf: {} },
  MessageRules: { by_name: "a" },
};

/** What JSON Schema cannot say. Nor can it tell a 0 from an absent field, nor require one of two at a root. */
const IN_WORDS =
  /^(?:timestamp|duration|field_mask|u?int64\.g|u?int64\.l|string\.(?:min|max)_bytes|bytes|custom|range)/;

const string = fc.constantFrom(...STRINGS);
const number = fc.constantFrom(...NUMBERS);

function scalar(field: DescField): fc.Arbitrary<Json> {
  const type = field.enum ? "enum" : (field.message?.typeName ?? String(field.scalar));
  switch (type) {
    case "enum":
      return fc.constantFrom(...enumNames(field.enum as never).shown.map(({ name }) => name));
    case "1":
    case "2":
      return fc.oneof(number, fc.constantFrom(0.5, 1.5, "NaN", "Infinity", "-Infinity"));
    case "8":
      return fc.boolean();
    case "9":
    case "google.protobuf.StringValue":
      return string;
    case "12":
      return fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes).toString("base64"));
    case "13":
    case "4":
      return number.map(Math.abs);
    case "google.protobuf.Timestamp":
      return fc.constantFrom("2000-01-01T00:00:00Z", "2999-01-01T00:00:00Z");
    case "google.protobuf.Duration":
      return fc.constantFrom("0s", "1s", "60s", "61s");
    case "google.protobuf.FieldMask":
      return fc.constantFrom("title", "owner,title", "secret");
    case "google.protobuf.Any":
      return fc.constantFrom("Duration", "StringValue").map(
        (name): Json => ({
          "@type": `type.googleapis.com/google.protobuf.${name}`,
          value: "1s",
        }),
      );
    default:
      return field.message ? fc.constant({}) : number;
  }
}

function value(field: DescField): fc.Arbitrary<Json> {
  if (field.fieldKind === "list") return fc.array(scalar(field), { maxLength: 4 });
  if (field.fieldKind === "map") return fc.dictionary(fc.constantFrom("a", "b", "c", "A"), scalar(field));
  return scalar(field);
}

let registry: FileRegistry;
let tools: ReadonlyMap<string, Tool>;

beforeAll(() => {
  registry = loadFixture();
  const services = [serviceOf(registry, "EchoService")];
  const catalog = buildCatalog({ services, transport: noTransport, expose: "all", registry });
  tools = new Map(catalog.tools.map((tool) => [tool.definition.name, tool]));
});

describe.each([
  ["StringRules", "echo_string_rules"],
  ["NumberRules", "echo_number_rules"],
  ["OtherRules", "echo_other_rules"],
  ["MessageRules", "echo_message_rules"],
])("%s", (type, tool) => {
  it.each(["at the root", "one level down"])("are the same in validation and schema, %s", (place) => {
    const nested = place === "one level down";
    const desc = messageOf(registry, type);
    const root = nested ? messageOf(registry, "AllRules") : desc;
    const slot = messageOf(registry, "AllRules").fields.find(({ message }) => message?.name === type)?.name as string;
    const definition = tools.get(nested ? "echo_rules" : tool)?.definition;
    const validate = strictAjv().compile(definition?.inputSchema as object);
    const validator = createValidator({ registry });
    const changes = fc
      .uniqueArray(fc.constantFrom(...desc.fields), { maxLength: 3 })
      .chain((fields) => fc.tuple(...fields.map((field) => fc.tuple(fc.constant(field.name), value(field)))));
    let refusals = 0;
    fc.assert(
      fc.property(changes, (changed) => {
        const json = { ...BASES[type], ...Object.fromEntries(changed) };
        const { message, issues } = decode(root, nested ? { [slot]: json } : json, registry);
        // Two members of a oneof: a mistake before there is a message to validate.
        if (issues.length > 0) return;
        const canonical = encode(root, message.message, { registry, detailed: true });
        const { kind, violations = [] } = validator.validate(root, message.message);
        const sayable = violations.filter(
          ({ ruleId, message: told, field }) =>
            !IN_WORDS.test(ruleId) &&
            !/only_re2|by_name/.test(`${field.map((each) => ("name" in each ? each.name : "")).join()} ${told}`) &&
            (nested || field[0]?.kind !== "oneof"),
        );
        const taken = validate(canonical);
        const shown = JSON.stringify({ canonical, violations: violations.map(String), errors: validate.errors });
        if (kind === "valid" && !taken) expect.fail(`refused by the schema alone: ${shown}`);
        if (sayable.length > 0) refusals++;
        if (sayable.length > 0 && taken) expect.fail(`taken by the schema alone: ${shown}`);
      }),
      { numRuns },
    );
    // A test in which nothing is ever refused would prove nothing.
    expect(refusals).toBeGreaterThan(numRuns / 100);
  });
});
