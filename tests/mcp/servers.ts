// Real endpoints and clients for the tests of the MCP side.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type Transport as AnyTransport,
  type CallToolResult,
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
  type Progress,
  type RequestOptions,
} from "@modelcontextprotocol/client";
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as OldTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport as OldAnyTransport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { createMcpEndpoint, type McpEndpointOptions } from "../../adapter/server/mcp-http.ts";
import { fixtureCatalog } from "./fixture-catalog.ts";

/** An endpoint on a port of its own. */
export interface RunningEndpoint extends AsyncDisposable {
  readonly url: URL;
  /** Ends sessions and calls, and leaves connections open. */
  close(): Promise<void>;
}

/** Starts an endpoint for the fixture's catalog on an ephemeral port of the loopback. */
export async function startEndpoint(options: Partial<McpEndpointOptions> = {}): Promise<RunningEndpoint> {
  const info = { name: "fixture", version: "1.0.0", title: "Fixture" };
  const endpoint = createMcpEndpoint({ catalog: fixtureCatalog, info, log: () => {}, ...options });
  const server = createServer(endpoint.handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`http://127.0.0.1:${port}/mcp`),
    close: () => endpoint.close(),
    async [Symbol.asyncDispose]() {
      await endpoint.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const identity = { name: "test-client", version: "1.0.0" };

/** The clients under test: the SDK v2 in both eras, and the SDK v1. */
export const eras = ["2026-07-28", "2025-11-25", "sdk-v1"] as const;
export type Era = (typeof eras)[number];

/** What the tests ask of a client, the same for every SDK and era. */
export interface Client extends AsyncDisposable {
  readonly sdk: ModernClient;
  call(name: string, args?: Record<string, unknown>, options?: CallOptions): Promise<CallToolResult>;
  close(): Promise<void>;
}

/** How a single call is made. */
interface CallOptions {
  signal?: AbortSignal;
  onprogress?: (progress: Progress) => void;
  meta?: Record<string, unknown>;
}

function wrap(sdk: ModernClient, call: (params: never, options: RequestOptions) => Promise<unknown>): Client {
  return {
    sdk,
    call: (name, args = {}, { meta, ...options } = {}) =>
      call({ name, arguments: args, ...(meta && { _meta: meta }) } as never, options) as Promise<CallToolResult>,
    close: () => sdk.close(),
    [Symbol.asyncDispose]: () => sdk.close(),
  };
}

/** Makes the client of an era over any transport of its SDK. */
export async function connectOver(era: Era, v1: () => OldAnyTransport, v2: () => AnyTransport): Promise<Client> {
  if (era === "sdk-v1") {
    const client = new OldClient(identity);
    await client.connect(v1());
    return wrap(client as never, (params, options) => client.callTool(params, undefined, options));
  }
  const mode = era === "2026-07-28" ? { pin: era } : "legacy";
  const client = new ModernClient(identity, { versionNegotiation: { mode } });
  await client.connect(v2());
  return wrap(client, (params, options) => client.callTool(params, options));
}

/** Connects a client of an era over HTTP, with headers of its own. */
export function connect(url: URL, era: Era, headers: Record<string, string> = {}): Promise<Client> {
  const options = { requestInit: { headers } };
  return connectOver(
    era,
    () => new OldTransport(url, options) as OldAnyTransport,
    () => new ModernTransport(url, options),
  );
}
