// Servers that say themselves what they serve, made into tools without a line of code.
import { setImmediate } from "node:timers/promises";
import { type FileRegistry, toBinary } from "@bufbuild/protobuf";
import { Code, type HandlerContext } from "@connectrpc/connect";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildCatalog } from "../../adapter/catalog/build-catalog.ts";
import { decode } from "../../adapter/catalog/decode.ts";
import { encode } from "../../adapter/catalog/encode.ts";
import { reflectServices } from "../../adapter/catalog/reflect.ts";
import type { CallContext, Catalog, JsonObject } from "../../adapter/catalog.ts";
import { type Listener, listen } from "../../runtime/http/listener.ts";
import { messages } from "./arbitrary-message.ts";
import { bind, message } from "./desk.ts";
import { loadFixture, messageOf } from "./fixture.ts";
import { startForeignServer } from "./foreign-server.ts";
import { strictAjv } from "./json-schema.ts";
import { lintTool } from "./schema-lint.ts";

const context: CallContext = { signal: new AbortController().signal, headers: {} };

async function catalogOf(url: string, services?: string[]): Promise<Catalog> {
  const reflected = await reflectServices(url, services ? { services } : {});
  return buildCatalog({ log: () => {}, ...reflected, expose: "all", timeoutMs: 5_000 });
}

function names({ tools }: Catalog): string[] {
  return tools.map(({ definition }) => definition.name);
}

function tool({ tools }: Catalog, name: string) {
  const found = tools.find(({ definition }) => definition.name === name);
  if (!found) throw new TypeError(`no tool ${name}`);
  return found;
}

describe("a grpc-js server with every type", () => {
  let server: { url: string; close(): void };
  let catalog: Catalog;

  beforeAll(async () => {
    server = await startForeignServer();
    catalog = await catalogOf(server.url, ["fixture.v1.ForeignService"]);
  });
  afterAll(() => server.close());

  it("has a tool for each method, with schemas that pass", () => {
    expect(names(catalog)).toEqual(["echo", "count", "sum", "fail"]);
    expect(catalog.tools.flatMap(({ definition }) => lintTool(definition))).toEqual([]);
    for (const { definition } of catalog.tools) strictAjv().compile(definition.inputSchema);
  });

  it("gets and gives every message", async () => {
    const registry = loadFixture();
    const desc = messageOf(registry, "Everything");
    const validate = strictAjv().compile(tool(catalog, "echo").definition.outputSchema);
    await fc.assert(
      fc.asyncProperty(messages(desc), async (original) => {
        // protobufjs, on which this server stands, mistakes keys that are no strings and no small integers.
        const { maps } = original as unknown as { maps?: object };
        if (maps) Object.assign(maps, { byInt64: {}, byUint64: {}, byFixed64: {}, byBool: {} });
        const json = encode(desc, original, { registry, detailed: true });
        const result = await tool(catalog, "echo").call(JSON.parse(JSON.stringify(json)), context);
        expect(result.isError).toBeUndefined();
        expect(validate(result.structuredContent)).toBe(true);
        const again = decode(desc, result.structuredContent, registry).message.message;
        expect(Buffer.from(toBinary(desc, again))).toEqual(Buffer.from(toBinary(desc, original)));
      }),
      { numRuns: Number(process.env.FUZZ_CASES ?? 100) },
    );
  });

  it("streams in both directions", async () => {
    const counted = await tool(catalog, "count").call({ label: "leaf", size: 3 }, context);
    expect(counted.structuredContent).toEqual({
      messages: [1, 2, 3].map((size) => ({ label: "leaf", size: String(size) })),
    });
    const summed = await tool(catalog, "sum").call({ messages: [{ size: 1 }, { size: "2" }] }, context);
    expect(summed.structuredContent).toEqual({ size: "3" });
  });

  it("says its errors", async () => {
    const { structuredContent } = await tool(catalog, "fail").call({}, context);
    expect(structuredContent).toEqual({
      error: {
        code: "resource_exhausted",
        reason: "RESOURCE_EXHAUSTED",
        message: "No more leaves today. It may have taken effect all the same: check before calling again.",
        retry: "later",
      },
    });
  });
});

describe("a server of this project", () => {
  let listener: Listener;
  let registry: FileRegistry;
  let watching: AbortSignal | undefined;

  beforeAll(async () => {
    registry = loadFixture();
    const desk = bind(registry, "DeskService", {
      getTicket: ({ ticketId }: { ticketId: string }) => message(registry, "Ticket", { ticketId, subject: "Hi" }),
      async *watchTicket(_: never, { signal }: HandlerContext) {
        watching = signal;
        for (let number = 1; ; number++) {
          yield message(registry, "TicketEvent", { number });
          await setImmediate();
        }
      },
    } as never);
    const services = [desk];
    listener = await listen({
      host: "127.0.0.1",
      port: 0,
      services,
      files: () => registry,
      allowedOrigins: [],
      allowedHosts: [],
    });
  });
  afterAll(() => listener.close());

  it("keeps comments, rules and options on the way", async () => {
    const catalog = await catalogOf(listener.url, ["fixture.v1.DeskService"]);
    expect(tool(catalog, "respond_to_ticket").definition).toMatchObject({
      title: "Answer a ticket",
      description: "Answers a ticket.",
      inputSchema: {
        required: ["ticket_id", "response"],
        properties: { response: { description: "What the customer will read.", maxLength: 10_000 } },
      },
    });
    const { structuredContent } = await tool(catalog, "get_ticket").call({ ticket_id: "7" }, context);
    expect(structuredContent).toMatchObject({ ticket_id: "TKT-7", subject: expect.stringContaining("<untrusted-") });
  });

  it("is left in peace when a stream has reached its bound", async () => {
    const reflected = await reflectServices(listener.url, { services: ["fixture.v1.DeskService"] });
    const catalog = buildCatalog({ log: () => {}, ...reflected, expose: "all", maxResultTokens: 500 });
    const { structuredContent } = await tool(catalog, "watch_ticket").call({ ticket_id: "7" }, context);
    expect(structuredContent.truncated).toContain("the stream went on");
    await expect.poll(() => watching?.aborted).toBe(true);
  });

  it("has health as a foreign service like any other", async () => {
    const catalog = await catalogOf(listener.url, ["grpc.health.v1.Health"]);
    const { structuredContent } = await tool(catalog, "check").call({}, context);
    expect(structuredContent).toEqual({ status: "serving" });
    const unknown = await tool(catalog, "check").call({ service: "no.such.Service" }, context);
    expect((unknown.structuredContent.error as JsonObject).code).toBe("not_found");
  });

  it("gives an endless stream until the deadline", async () => {
    const reflected = await reflectServices(listener.url, { services: ["grpc.health.v1.Health"] });
    const catalog = buildCatalog({ log: () => {}, ...reflected, expose: "all", timeoutMs: 300 });
    const { structuredContent } = await tool(catalog, "watch").call({}, context);
    expect(structuredContent).toEqual({ truncated: expect.any(String), messages: [{ status: "serving" }] });
  });

  it("is asked for all it serves where no service is named", async () => {
    const { services } = await reflectServices(listener.url);
    expect(services.map(({ typeName }) => typeName).sort()).toEqual([
      "fixture.v1.DeskService",
      "grpc.health.v1.Health",
    ]);
  });

  it("names what it has where an unknown service is asked for", async () => {
    await expect(reflectServices(listener.url, { services: ["a.b.C"] })).rejects.toMatchObject({
      code: Code.NotFound,
      rawMessage: expect.stringContaining("It has fixture.v1.DeskService"),
    });
  });
});

it("a port where nobody listens is an error that says so", async () => {
  await expect(reflectServices("http://127.0.0.1:1")).rejects.toMatchObject({
    code: Code.Unavailable,
    rawMessage: expect.stringContaining("No gRPC server answers at http://127.0.0.1:1"),
  });
});
