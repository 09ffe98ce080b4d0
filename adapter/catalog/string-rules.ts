// buf.validate.StringRules and BytesRules as JSON Schema.
import { base64Encode } from "@bufbuild/protobuf/wire";
import { type BytesRules, KnownRegex, type StringRules } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { literal, toEcmaPattern } from "./re2.ts";
import { allOf, type Constraint, type Schema } from "./schema.ts";
import { count, listOf } from "./words.ts";

type WellKnown = StringRules["wellKnown"]["case"] & string;

const WELL_KNOWN: Readonly<Record<WellKnown, Constraint>> = {
  email: { keywords: { format: "email" } },
  hostname: { keywords: { format: "hostname" } },
  ip: { keywords: { anyOf: [{ format: "ipv4" }, { format: "ipv6" }] }, words: ["An IP address."] },
  ipv4: { keywords: { format: "ipv4" } },
  ipv6: { keywords: { format: "ipv6" } },
  uri: { keywords: { format: "uri" } },
  uriRef: { keywords: { format: "uri-reference" } },
  address: { words: ["A host name or an IP address."] },
  uuid: { keywords: { format: "uuid" } },
  tuuid: { keywords: { pattern: "^[0-9a-fA-F]{32}$" }, words: ["A UUID without dashes."] },
  ulid: { keywords: { pattern: "^[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}$" }, words: ["A ULID."] },
  ipWithPrefixlen: { words: ["An IP address with prefix length, such as 192.0.2.1/24."] },
  ipv4WithPrefixlen: { words: ["An IPv4 address with prefix length, such as 192.0.2.1/24."] },
  ipv6WithPrefixlen: { words: ["An IPv6 address with prefix length, such as 2001:db8::1/48."] },
  ipPrefix: { words: ["An IP network, such as 192.0.2.0/24."] },
  ipv4Prefix: { words: ["An IPv4 network, such as 192.0.2.0/24."] },
  ipv6Prefix: { words: ["An IPv6 network, such as 2001:db8::/48."] },
  hostAndPort: { words: ["A host and a port, such as example.com:443."] },
  protobufFqn: { words: ["A fully qualified Protobuf name."] },
  protobufDotFqn: { words: ["A fully qualified Protobuf name with a leading dot."] },
  wellKnownRegex: {},
};

function wellKnown(rules: StringRules): Constraint {
  const { case: name, value } = rules.wellKnown;
  if (name === undefined || value === false) return {};
  if (name !== "wellKnownRegex") return WELL_KNOWN[name];
  return { words: [value === KnownRegex.HTTP_HEADER_NAME ? "An HTTP header name." : "An HTTP header value."] };
}

function has<T extends object>(rules: T, name: keyof T): boolean {
  return Object.hasOwn(rules, name);
}

function bytesInWords(low: bigint | undefined, high: bigint | undefined): string {
  if (low !== undefined && low === high) return `Exactly ${count(low)} bytes.`;
  if (low !== undefined && high !== undefined) return `${count(low)} to ${count(high)} bytes.`;
  return low === undefined ? `At most ${count(high ?? 0n)} bytes.` : `At least ${count(low)} bytes.`;
}

function lengths(low: bigint | undefined, high: bigint | undefined): Schema {
  return {
    ...(low !== undefined && { minLength: Number(low) }),
    ...(high !== undefined && { maxLength: Number(high) }),
  };
}

/** Lengths in protovalidate are code points, and so they are in JSON Schema. */
function stringLength(rules: StringRules): Constraint {
  const low = has(rules, "len") ? rules.len : has(rules, "minLen") ? rules.minLen : undefined;
  const high = has(rules, "len") ? rules.len : has(rules, "maxLen") ? rules.maxLen : undefined;
  const lowBytes = has(rules, "lenBytes") ? rules.lenBytes : has(rules, "minBytes") ? rules.minBytes : undefined;
  const highBytes = has(rules, "lenBytes") ? rules.lenBytes : has(rules, "maxBytes") ? rules.maxBytes : undefined;
  if (lowBytes === undefined && highBytes === undefined) return { keywords: lengths(low, high) };
  // A code point takes one to four bytes of UTF-8, which bounds the length from both sides.
  const least = lowBytes === undefined ? low : [low ?? 0n, (lowBytes + 3n) / 4n].reduce((a, b) => (a > b ? a : b));
  const most = highBytes === undefined ? high : [high ?? highBytes, highBytes].reduce((a, b) => (a < b ? a : b));
  return {
    keywords: lengths(least, most),
    words: [`${bytesInWords(lowBytes, highBytes)} (UTF-8).`.replace(". (", " (")],
  };
}

function patterns(rules: StringRules): Constraint {
  const keywords: Schema[] = [];
  const words: string[] = [];
  if (has(rules, "pattern")) {
    const pattern = toEcmaPattern(rules.pattern);
    if (pattern === undefined) words.push(`Must match the RE2 pattern ${rules.pattern}`);
    else keywords.push({ pattern });
  }
  if (has(rules, "prefix")) keywords.push({ pattern: `^${literal(rules.prefix)}` });
  if (has(rules, "suffix")) keywords.push({ pattern: `${literal(rules.suffix)}$` });
  if (has(rules, "contains")) keywords.push({ pattern: literal(rules.contains) });
  if (has(rules, "notContains")) keywords.push({ not: { pattern: literal(rules.notContains) } });
  if (rules.notIn.length > 0) keywords.push({ not: { enum: rules.notIn } });
  return { keywords: allOf(keywords), words };
}

/** The rules of a string. */
export function stringRules(rules: StringRules): Constraint {
  const format = wellKnown(rules);
  const length = stringLength(rules);
  const pattern = patterns(rules);
  return {
    keywords: {
      ...(has(rules, "const") && { const: rules.const }),
      ...(rules.in.length > 0 && { enum: rules.in }),
      ...length.keywords,
      ...allOf([pattern.keywords ?? {}, format.keywords ?? {}]),
      ...(rules.example.length > 0 && { examples: rules.example }),
    },
    words: [...(length.words ?? []), ...(pattern.words ?? []), ...(format.words ?? [])],
  };
}

function base64Length(bytes: bigint): number {
  return Math.ceil(Number(bytes) / 3) * 4;
}

/** The rules of bytes: their number bounds the length of the base64 text; what lies inside is told in words. */
export function bytesRules(rules: BytesRules): Constraint {
  const low = has(rules, "len") ? rules.len : has(rules, "minLen") ? rules.minLen : undefined;
  const high = has(rules, "len") ? rules.len : has(rules, "maxLen") ? rules.maxLen : undefined;
  const texts = (values: readonly Uint8Array[]) => values.map((value) => base64Encode(value));
  const words: string[] = [];
  if (low !== undefined || high !== undefined) words.push(bytesInWords(low, high));
  if (has(rules, "pattern")) words.push(`The bytes must match the RE2 pattern ${rules.pattern}`);
  if (has(rules, "prefix")) words.push(`Starts with the bytes ${base64Encode(rules.prefix)} (base64).`);
  if (has(rules, "suffix")) words.push(`Ends with the bytes ${base64Encode(rules.suffix)} (base64).`);
  if (has(rules, "contains")) words.push(`Contains the bytes ${base64Encode(rules.contains)} (base64).`);
  if (rules.wellKnown.case && rules.wellKnown.value) {
    const sizes = { ip: ["4", "16"], ipv4: ["4"], ipv6: ["16"], uuid: ["16"] }[rules.wellKnown.case];
    words.push(`The ${listOf(sizes)} bytes of ${rules.wellKnown.case === "uuid" ? "a UUID" : "an IP address"}.`);
  }
  return {
    keywords: {
      ...(has(rules, "const") && { const: base64Encode(rules.const) }),
      ...(rules.in.length > 0 && { enum: texts(rules.in) }),
      ...(rules.notIn.length > 0 && { not: { enum: texts(rules.notIn) } }),
      ...(low !== undefined && { minLength: base64Length(low) }),
      ...(high !== undefined && { maxLength: base64Length(high) }),
    },
    words,
  };
}
