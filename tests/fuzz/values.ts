// Requests that are almost right: made from the schema, with values that have broken software before.
import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import type { Json, JsonObject } from "../../adapter/catalog.ts";
import type { Random } from "./random.ts";

const MAX_DEPTH = 5;

const TEXTS = [
  "",
  " ",
  "a",
  "null",
  "0",
  "-1",
  "1e309",
  "__proto__",
  "constructor",
  "é́́",
  "👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿",
  "\u202egnp.exe",
  "\ufeffbom",
  "\u0000",
  "a\u0000b",
  "\ud800",
  "\udc00\ud800",
  "\u001b[31m",
  "\r\nX-Injected: 1",
  "'; DROP TABLE ticket; --",
  '" OR 1=1 --',
  "$1 ?? ? :name",
  "%s%n%d",
  'subject:x AND "NEAR( OR * NOT',
  "(((((((((",
  "& | ! <-> :*",
  "../../../etc/passwd",
  "<script>alert(1)</script>",
  "{{constructor.constructor('return 1')()}}",
  "9".repeat(400),
  "x".repeat(70_000),
  "ſ".repeat(5_000),
  "\n".repeat(3_000),
];
const NUMBERS = [0, -0, 1, -1, 0.5, 50, 1e3, 1e9, 2 ** 31 - 1, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, 1e21, 1e308, -1e308];
const ODD: readonly Json[] = [
  null,
  true,
  false,
  [],
  {},
  [[]],
  "NaN",
  "Infinity",
  "-Infinity",
  "9223372036854775808",
  "1.5",
];
const PLAUSIBLE: readonly [RegExp, readonly Json[]][] = [
  [/ticket_?id|into_ticket|follow_up|merged/i, ["TKT-1001", "TKT-1002", "tkt-1003", "1004", "TKT-999999999", "TKT-1"]],
  [/customer_?id/i, ["CUS-1001", "CUS-1002", "cus-1003", "1004", "CUS-999999999"]],
  [/email/i, ["maria.lindqvist@example.com", "new@example.com", "A@B", "a".repeat(300)]],
  [/token/i, ["", "AAAA", "eyJ2IjoxfQ", "bm90IGEgdG9rZW4"]],
  [/etag/i, ["v1", "v2", "", "W/1"]],
  [/request_?id/i, ["", "fuzz", "8c5f0a3e-1111-4222-8333-944445555666"]],
  [/mask/i, ["", "subject", "subject,priority", "custom_fields.a", "etag", "nothing"]],
  [/size|limit/i, [0, 1, 50, 1000, -1, 2 ** 31]],
  [/position/i, ["0", "1", "5", "999999999", "-1", "9007199254740993"]],
  [/locale/i, ["sv-SE", "xx", "de_DE"]],
  [/time_?zone/i, ["Europe/Stockholm", "Mars/Base"]],
  [/phone/i, ["+46 8 555", "none"]],
  [
    /time|from|before|after|date/i,
    ["2026-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "2026"],
  ],
];

function deep(random: Random): Json {
  let value: Json = random.pick(TEXTS);
  for (let depth = random.below(random.chance(0.02) ? 3_000 : 40); depth > 0; depth--) {
    value = random.chance(0.5) ? [value] : { [random.pick(["a", "value", "ticket", "__proto__"])]: value };
  }
  return value;
}

/** Any JSON at all. */
export function anyJson(random: Random): Json {
  switch (random.below(5)) {
    case 0:
      return random.pick(TEXTS);
    case 1:
      return random.pick(NUMBERS);
    case 2:
      return random.pick(ODD);
    case 3:
      return Array.from({ length: random.below(random.chance(0.05) ? 2_000 : 4) }, () =>
        random.pick(TEXTS.slice(0, 20)),
      );
    default:
      return deep(random);
  }
}

function scalar(random: Random, field: DescField): Json {
  const plausible = PLAUSIBLE.find(([pattern]) => pattern.test(field.name))?.[1];
  if (plausible && random.chance(0.85)) return random.pick(plausible);
  switch (field.scalar) {
    case ScalarType.STRING:
      return random.pick(
        random.chance(0.6) ? ["Hello", "billing", "sam", "pro", "A longer text.\nWith lines."] : TEXTS,
      );
    case ScalarType.BOOL:
      return random.chance(0.5);
    case ScalarType.BYTES:
      return random.bytes(random.below(40)).toString("base64");
    default:
      return random.pick(NUMBERS);
  }
}

function single(random: Random, field: DescField, depth: number): Json {
  if (field.enum) {
    const { name, number } = random.pick(field.enum.values);
    return random.chance(0.7) ? name : random.pick([number, 99, -1, name.toLowerCase(), "NONE"]);
  }
  if (!field.message) return scalar(random, field);
  const { typeName } = field.message;
  if (!typeName.startsWith("google.protobuf.")) return messageJson(random, field.message, depth + 1);
  const plausible = PLAUSIBLE.find(([pattern]) => pattern.test(field.name))?.[1];
  return plausible ? random.pick(plausible) : random.pick(["1s", "-1.5s", "2026-01-01T00:00:00Z", {}, 1]);
}

/** ProtoJSON for a message: mostly what the schema asks for, here and there something else. */
export function messageJson(random: Random, desc: DescMessage, depth = 0): JsonObject {
  const json: JsonObject = {};
  if (depth > MAX_DEPTH) return json;
  const density = random.pick([0.2, 0.5, 0.9]);
  for (const field of desc.fields) {
    if (!random.chance(depth === 0 ? Math.max(0.5, density) : density)) continue;
    const name = random.chance(0.5) ? field.jsonName : field.name;
    if (random.chance(0.06)) json[name] = anyJson(random);
    else if (field.fieldKind === "list") {
      const length = random.chance(0.03) ? 1_100 : random.below(4);
      json[name] = Array.from({ length }, () => single(random, field, depth));
    } else if (field.fieldKind === "map") {
      const entries = Array.from({ length: random.below(4) }, () => [random.pick(TEXTS), anyJson(random)]);
      json[name] = random.chance(0.7) ? { a: "b", tier: "gold" } : Object.fromEntries(entries);
    } else json[name] = single(random, field, depth);
  }
  if (random.chance(0.04)) json[random.pick(["unknown", "__proto__", "updateStaus"])] = anyJson(random);
  return json;
}

/** Damages bytes as a broken program or wire would. */
export function mutate(random: Random, bytes: Uint8Array): Buffer {
  let damaged = Buffer.from(bytes);
  for (let times = 1 + random.below(3); times > 0; times--) {
    const at = random.below(damaged.length + 1);
    const splice = (remove: number, insert: Uint8Array) =>
      Buffer.concat([damaged.subarray(0, at), insert, damaged.subarray(at + remove)]);
    switch (random.below(6)) {
      case 0:
        if (at < damaged.length) damaged[at] = (damaged[at] as number) ^ (1 << random.below(8));
        break;
      case 1:
        damaged = damaged.subarray(0, at);
        break;
      case 2:
        damaged = splice(0, random.bytes(1 + random.below(12)));
        break;
      case 3:
        damaged = splice(random.below(8), Buffer.alloc(0));
        break;
      case 4:
        // The longest varint, a length that nothing has.
        damaged = splice(0, Buffer.from("ffffffffffffffffff01", "hex"));
        break;
      default:
        damaged = splice(0, damaged.subarray(0, random.below(damaged.length + 1)));
    }
  }
  return damaged;
}
