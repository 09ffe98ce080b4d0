// The schemas of the tools, for a proto with every type, option and rule.
import { beforeAll, describe, expect, it } from "vitest";
import { buildCatalog } from "../../adapter/catalog/build-catalog.ts";
import type { JsonObject, Tool } from "../../adapter/catalog.ts";
import { loadFixture, serviceOf } from "./fixture.ts";
import { strictAjv } from "./json-schema.ts";
import { noTransport } from "./no-transport.ts";
import { lintTool } from "./schema-lint.ts";

let tools: ReadonlyMap<string, Tool>;
let annotated: readonly Tool[];

beforeAll(() => {
  const registry = loadFixture();
  const services = [serviceOf(registry, "DeskService"), serviceOf(registry, "EchoService")];
  const build = (expose: "annotated" | "all") =>
    buildCatalog({ services, transport: noTransport, expose, registry }).tools;
  tools = new Map(build("all").map((tool) => [tool.definition.name, tool]));
  annotated = build("annotated");
});

function input(name: string): JsonObject {
  const tool = tools.get(name);
  if (!tool) throw new TypeError(`no tool ${name}`);
  return tool.definition.inputSchema;
}

function property(tool: string, name: string): JsonObject {
  return (input(tool).properties as JsonObject)[name] as JsonObject;
}

describe("every tool", () => {
  it("passes the lint", () => {
    expect([...tools.values()].flatMap(({ definition }) => lintTool(definition))).toEqual([]);
  });

  it("has schemas that ajv compiles in strict mode", () => {
    for (const { definition } of tools.values()) {
      strictAjv().compile(definition.inputSchema);
      strictAjv().compile(definition.outputSchema);
    }
  });
});

describe("exposure", () => {
  it("takes the annotated methods alone, in the order of declaration, where it is opt-in", () => {
    expect(annotated.map(({ definition }) => definition.name)).toEqual([
      "respond_to_ticket",
      "get_ticket",
      "list_tickets",
      "delete_ticket",
      "watch_ticket",
      "import_tickets",
    ]);
  });

  it("takes all but the hidden ones otherwise", () => {
    expect(tools.has("chat")).toBe(true);
    expect(tools.has("compact")).toBe(false);
  });
});

describe("a tool", () => {
  it("has the names, types, enum values and defaults of its request", () => {
    expect(input("respond_to_ticket")).toMatchObject({
      type: "object",
      additionalProperties: false,
      required: ["ticket_id", "response"],
      properties: {
        ticket_id: { type: "string", minLength: 1, maxLength: 32 },
        response: { type: "string", minLength: 1, maxLength: 10_000 },
        update_status: { type: "string", enum: ["open", "in_progress", "resolved", "closed"] },
        add_customer_note: { type: "boolean", default: false },
      },
    });
  });

  it("tells what each enum value means, with wrapped lines joined", () => {
    expect(property("respond_to_ticket", "update_status").description).toBe(
      "Where the ticket stands afterwards. One of:\n- open: Nobody works on it yet.\n- in_progress: Somebody works on it.\n" +
        "- resolved: Answered; the customer may reopen it.\n- closed: Done for good.",
    );
  });

  it("leaves out what the service sets", () => {
    expect(property("respond_to_ticket", "answered_by")).toBeUndefined();
  });

  it("offers response_format only where its result has details", () => {
    expect(property("get_ticket", "response_format")).toMatchObject({
      enum: ["concise", "detailed"],
      default: "concise",
    });
    expect(property("import_tickets", "response_format")).toBeUndefined();
  });

  it("hints at what it does", () => {
    expect(tools.get("respond_to_ticket")?.definition.annotations).toEqual({
      title: "Answer a ticket",
      readOnlyHint: false,
      destructiveHint: false,
      idempotentHint: false,
      openWorldHint: true,
    });
    expect(tools.get("get_ticket")?.definition.annotations).toMatchObject({ readOnlyHint: true, idempotentHint: true });
    expect(tools.get("delete_ticket")?.definition.annotations).toMatchObject({
      title: "Delete ticket",
      destructiveHint: true,
      idempotentHint: true,
    });
  });
});

describe("types", () => {
  it.each([
    ["an_int32", { type: "integer", minimum: -2_147_483_648, maximum: 2_147_483_647 }],
    ["a_uint32", { type: "integer", minimum: 0, maximum: 4_294_967_295 }],
    ["an_int64", { type: "string", pattern: "^(?:0|-?[1-9][0-9]{0,18})$" }],
    ["a_uint64", { type: "string", pattern: "^(?:0|[1-9][0-9]{0,19})$" }],
    ["a_bool", { type: "boolean" }],
    ["some_bytes", { type: "string", contentEncoding: "base64" }],
    ["a_double", { anyOf: [{ type: "number" }, { type: "string", enum: ["NaN", "Infinity", "-Infinity"] }] }],
    ["mood", { type: "string", enum: ["good", "so_so", "bad"] }],
    ["level", { type: "string", enum: ["low", "high"] }],
  ])("%s", (name, expected) => {
    expect(property("echo_scalars", name)).toMatchObject(expected);
  });

  it("refers to a message that contains itself, and still has an object at the root", () => {
    const schema = input("echo_node");
    expect(schema.type).toBe("object");
    expect(schema.properties).toMatchObject({ children: { type: "array", items: { $ref: "#/$defs/Node" } } });
    expect(schema.$defs).toMatchObject({ Node: { properties: { sibling: { $ref: "#/$defs/Node" } } } });
  });

  it("puts a request that is no object under a name", () => {
    expect(input("echo_string").properties).toMatchObject({ value: { type: "string" } });
    expect(input("echo_struct").properties).toMatchObject({ value: { type: "object" } });
  });

  it("takes the messages of a stream as an array", () => {
    expect(input("import_tickets")).toMatchObject({
      required: ["messages"],
      properties: { messages: { type: "array" } },
    });
  });
});

describe("rules", () => {
  it.each([
    ["length", { minLength: 2, maxLength: 5 }],
    ["exact", { minLength: 3, maxLength: 3 }],
    ["pattern", { pattern: "^[A-Z]{2}-\\d+$" }],
    ["affixes", { pattern: "^a\\.", allOf: [{ pattern: "\\.z$" }, { pattern: "\\+" }], not: { pattern: "\\?" } }],
    ["choice", { enum: ["red", "green"] }],
    ["not_choice", { not: { enum: ["none"] } }],
    ["constant", { const: "fixed" }],
    ["email", { format: "email" }],
    ["ip", { anyOf: [{ format: "ipv4" }, { format: "ipv6" }] }],
    ["octets", { minLength: 1, maxLength: 8, description: "Octets. 4 to 8 bytes (UTF-8)." }],
    ["example", { examples: ["such as this"] }],

    ["wrapped", { minLength: 3 }],
    ["only_re2", { description: "Only re2. Must match the RE2 pattern (?i)^yes$" }],
  ])("of the string %s", (name, expected) => {
    expect(property("echo_string_rules", name)).toMatchObject({ type: "string", ...expected });
  });

  it.each([
    ["range", { type: "integer", minimum: 1, maximum: 10 }],
    ["open_range", { minimum: 1, maximum: 99 }],
    ["outside", { anyOf: [{ minimum: 101 }, { maximum: -1 }] }],
    ["choice", { enum: [1, 2, 3] }],
    ["not_choice", { not: { enum: [13] } }],
    ["long_range", { type: "string", description: "Long range. Must be at least 1 and at most 10." }],
    ["long_choice", { enum: ["7", "8"] }],
    ["finite", { type: "number" }],
    [
      "above",
      {
        anyOf: [
          { type: "number", exclusiveMinimum: 0 },
          { type: "string", enum: ["Infinity"] },
        ],
      },
    ],
    ["share", { type: "number", minimum: 0, maximum: 1 }],
    ["agreed", { type: "boolean", const: true }],
  ])("of the number %s", (name, expected) => {
    expect(property("echo_number_rules", name)).toMatchObject(expected);
  });

  it.each([
    ["tags", { minItems: 1, maxItems: 3, uniqueItems: true, items: { minLength: 1, maxLength: 8 } }],
    ["counts", { minProperties: 1, maxProperties: 2, propertyNames: { pattern: "^[a-z]+$" } }],
    ["mood", { enum: ["good", "so_so"] }],
    ["digest", { minLength: 4, maxLength: 8, description: "Digest. 3 to 6 bytes." }],
    ["past", { format: "date-time", description: expect.stringContaining("Must be in the past.") }],
    ["wait", { description: expect.stringContaining("Must be at least 1s and at most 60s.") }],
    ["mask", { description: expect.stringContaining("Fields that can be named: title and owner.") }],
    ["any", { properties: { "@type": { enum: ["type.googleapis.com/google.protobuf.Duration"] } } }],
    ["custom", { description: "Custom. Rule: must be in lower case." }],
  ])("of %s", (name, expected) => {
    expect(property("echo_other_rules", name)).toMatchObject(expected);
  });

  it("of an item do not hold for the zero value where they say so", () => {
    const items = { type: "string", anyOf: [{ const: "" }, { minLength: 5 }] };
    expect(property("echo_string_rules", "zero_or_long")).toMatchObject({ type: "array", items });
  });

  it("require what validation cannot do without", () => {
    expect(input("echo_string_rules").required).toEqual(["length", "pattern"]);
    expect(input("echo_number_rules").required).toEqual(["range"]);
    expect(input("echo_other_rules").required).toEqual(["tags", "counts", "leaf"]);
  });

  it("across fields stand in the tool's description, and exclude one another without a union", () => {
    expect(tools.get("echo_message_rules")?.definition.description).toBe(
      "Rules across fields at the root. Needs road or rail. Needs by_name or by_number. Rule: low may not be above high.",
    );
    expect(property("echo_message_rules", "road").description).toBe("Road. Exactly one of road or rail.");
    expect(input("echo_message_rules").dependentSchemas).toEqual({
      road: { properties: { rail: false } },
      rail: { properties: { road: false } },
      by_air: { properties: { by_sea: false } },
      by_sea: { properties: { by_air: false } },
    });
  });
});
