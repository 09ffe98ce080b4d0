// What tests of tools have in common: the fixture's desk in the same process, behind the same guard as on a port.
import type { HandlerContext } from "@connectrpc/connect";
import type { ValidateFunction } from "ajv/dist/2020.js";
import { expect } from "vitest";
import { buildCatalog } from "../../adapter/catalog/build-catalog.ts";
import type { CallContext, Catalog, JsonObject, ToolResult } from "../../adapter/catalog.ts";
import { directTransport } from "../../runtime/calls/direct-transport.ts";
import { bind, type Handlers, message } from "./desk.ts";
import { loadFixture, serviceOf } from "./fixture.ts";
import { strictAjv } from "./json-schema.ts";

/** The fixture's descriptors. */
export const registry = loadFixture();
// Every catalog here is made from the same descriptors.
const validators = new Map<string, ValidateFunction>();

/** The tools of the fixture's desk with these answers. */
export function catalog(handlers: Handlers, options: { maxResultTokens?: number; timeoutMs?: number } = {}): Catalog {
  return buildCatalog({
    services: [serviceOf(registry, "DeskService")],
    transport: directTransport([bind(registry, "DeskService", handlers)]),
    expose: "all",
    registry,
    log: () => {},
    ...options,
  });
}

/** A call by nobody in particular. */
export function context(more: Partial<CallContext> = {}): CallContext {
  return { signal: new AbortController().signal, headers: {}, ...more };
}

/** Calls a tool, and holds its result against its own output schema. */
export async function call(
  from: Catalog,
  name: string,
  args: unknown,
  more?: Partial<CallContext>,
): Promise<ToolResult> {
  const tool = from.tools.find(({ definition }) => definition.name === name);
  if (!tool) throw new TypeError(`no tool ${name}`);
  const result = await tool.call(args, context(more));
  const validate = validators.get(name) ?? strictAjv().compile(tool.definition.outputSchema);
  validators.set(name, validate);
  if (!validate(result.structuredContent)) expect.fail(JSON.stringify([result.structuredContent, validate.errors]));
  expect(result.content[0]).toEqual({ type: "text", text: JSON.stringify(result.structuredContent) });
  return result;
}

/** What a failed call says. */
export function error(result: ToolResult): JsonObject {
  expect(result.isError).toBe(true);
  return result.structuredContent.error as JsonObject;
}

/** A desk that remembers what it was asked. */
export function recorder(
  answer: (request: never, context: HandlerContext) => unknown = () => message(registry, "Ticket"),
) {
  const requests: Record<string, unknown>[] = [];
  const headers: Headers[] = [];
  const take = (request: never, handler: HandlerContext) => {
    requests.push(request);
    headers.push(handler.requestHeader);
    return answer(request, handler);
  };
  return { requests, headers, take };
}
