// A server by Python's grpcio, made into tools by its reflection.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { create, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildCatalog } from "../../adapter/catalog/build-catalog.ts";
import { decode } from "../../adapter/catalog/decode.ts";
import { encode } from "../../adapter/catalog/encode.ts";
import { reflectServices } from "../../adapter/catalog/reflect.ts";
import type { CallContext, Catalog } from "../../adapter/catalog.ts";
import { messages } from "./arbitrary-message.ts";
import { loadFixture, messageOf } from "./fixture.ts";

const context: CallContext = { signal: new AbortController().signal, headers: {} };
const installed = spawnSync("python3", ["-c", "import grpc, grpc_reflection"]).status === 0;
if (!installed) console.warn("python3 with grpcio and grpcio-reflection is not installed; its tests are skipped");

describe.skipIf(!installed)("a Python server with every type", () => {
  const registry = loadFixture();
  let server: ChildProcess;
  let catalog: Catalog;

  beforeAll(async () => {
    server = spawn("python3", ["tests/adapter/python-server.py"], { stdio: ["pipe", "pipe", "inherit"] });
    const set = create(FileDescriptorSetSchema, { file: [...registry.files].map(({ proto }) => proto) });
    server.stdin?.end(toBinary(FileDescriptorSetSchema, set));
    const [port] = await once(server.stdout as NodeJS.ReadableStream, "data");
    const reflected = await reflectServices(`http://127.0.0.1:${String(port).trim()}`);
    catalog = buildCatalog({ log: () => {}, ...reflected, expose: "all", timeoutMs: 5_000 });
  });
  afterAll(() => server.kill());

  const call = async (name: string, args: unknown) => {
    const tool = catalog.tools.find(({ definition }) => definition.name === name);
    return (await tool?.call(args, context))?.structuredContent;
  };

  it("gets and gives every message", async () => {
    const desc = messageOf(registry, "Everything");
    await fc.assert(
      fc.asyncProperty(messages(desc), async (original) => {
        const json = encode(desc, original, { registry, detailed: true });
        const answer = await call("echo", JSON.parse(JSON.stringify(json)));
        const again = encode(desc, decode(desc, answer ?? {}, registry).message.message, { registry, detailed: true });
        expect(again).toEqual(json);
      }),
      { numRuns: 100 },
    );
  });

  it("streams in both directions, and says its errors", async () => {
    const counted = [1, 2].map((size) => ({ label: "leaf", size: String(size) }));
    expect(await call("count", { label: "leaf", size: 2 })).toEqual({ messages: counted });
    expect(await call("sum", { messages: [{ size: 1 }, { size: "2" }] })).toEqual({ size: "3" });
    expect(await call("fail", {})).toMatchObject({ error: { code: "resource_exhausted", retry: "later" } });
  });
});
