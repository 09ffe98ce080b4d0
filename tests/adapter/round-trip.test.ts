// Any message → a tool's JSON, which the tool's schema takes → the same message again.
import { type DescMessage, type FileRegistry, type Message, toBinary, toJson } from "@bufbuild/protobuf";
import type { ValidateFunction } from "ajv/dist/2020.js";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { buildCatalog } from "../../adapter/catalog/build-catalog.ts";
import { decode } from "../../adapter/catalog/decode.ts";
import { encode } from "../../adapter/catalog/encode.ts";
import type { Json } from "../../adapter/catalog.ts";
import { messages } from "./arbitrary-message.ts";
import { loadFixture, messageOf, serviceOf } from "./fixture.ts";
import { strictAjv } from "./json-schema.ts";
import { noTransport } from "./no-transport.ts";

/** Cases of each property; `FUZZ_CASES=10000` for more. */
const numRuns = Number(process.env.FUZZ_CASES ?? 400);

let registry: FileRegistry;
const inputs = new Map<string, ValidateFunction>();
const outputs = new Map<string, ValidateFunction>();

beforeAll(() => {
  registry = loadFixture();
  const services = [serviceOf(registry, "EchoService")];
  for (const { definition } of buildCatalog({ services, transport: noTransport, expose: "all", registry }).tools) {
    inputs.set(definition.name, strictAjv().compile(definition.inputSchema));
    outputs.set(definition.name, strictAjv().compile(definition.outputSchema));
  }
});

const cases = [
  ["echo_everything", "Everything"],
  ["echo_scalars", "Scalars"],
  ["echo_node", "Node"],
  ["echo_choices", "Choices"],
] as const;

function bytesOf(desc: DescMessage, message: Message): string {
  return Buffer.from(toBinary(desc, message)).toString("hex");
}

describe.each(cases)("%s", (tool, type) => {
  it("takes and gives back every message", () => {
    const desc = messageOf(registry, type);
    fc.assert(
      fc.property(messages(desc), (message) => {
        const json = encode(desc, message, { registry, detailed: true });
        for (const validate of [inputs.get(tool), outputs.get(tool)]) {
          if (!validate?.(json)) expect.fail(`${JSON.stringify(json)}: ${JSON.stringify(validate?.errors)}`);
        }
        // What travels is text.
        const { message: again, issues } = decode(desc, JSON.parse(JSON.stringify(json)) as Json, registry);
        expect(issues).toEqual([]);
        expect(bytesOf(desc, again.message)).toBe(bytesOf(desc, message));
      }),
      { numRuns },
    );
  });

  it("understands ProtoJSON as well", () => {
    const desc = messageOf(registry, type);
    fc.assert(
      fc.property(messages(desc), (message) => {
        const { message: again, issues } = decode(desc, toJson(desc, message, { registry }) as Json, registry);
        expect(issues).toEqual([]);
        expect(bytesOf(desc, again.message)).toBe(bytesOf(desc, message));
      }),
      { numRuns },
    );
  });

  it("answers anything else with issues and never throws", () => {
    const desc = messageOf(registry, type);
    const names = desc.fields.map(({ name }) => name);
    const anything = fc.jsonValue({ maxDepth: 3 });
    const args = fc.oneof(anything, fc.dictionary(fc.constantFrom(...names, "typo"), anything, { maxKeys: 4 }));
    fc.assert(
      fc.property(args, (json) => {
        const { message, issues } = decode(desc, json as Json, registry);
        if (issues.length === 0) toBinary(desc, message.message);
        for (const issue of issues) expect(issue.message).toMatch(/[.?]$/);
      }),
      { numRuns },
    );
  });
});
