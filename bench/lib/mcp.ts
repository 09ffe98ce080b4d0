// MCP requests as bytes: what a client of each era sends to call a tool.
import { Http1Connection, httpRequest } from "./http1.ts";
import type { Caller } from "./load.ts";

/** 2026-07-28: every request stands alone. 2025-11-25: a session first. */
export type Era = "2026-07-28" | "2025-11-25";

const ACCEPT = { accept: "application/json, text/event-stream" };
const ENVELOPE = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "bench", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

/** The JSON-RPC of one call. */
export function toolCall(era: Era, name: string, args: unknown, id: number): string {
  const params = { name, arguments: args, ...(era === "2026-07-28" && { _meta: ENVELOPE }) };
  return JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params });
}

async function openSession(url: URL): Promise<string> {
  const params = {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "bench", version: "1" },
  };
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...ACCEPT, ...headers },
      body: JSON.stringify(body),
    });
  const answer = await post({ jsonrpc: "2.0", id: 0, method: "initialize", params });
  await answer.text();
  const session = answer.headers.get("mcp-session-id") ?? "";
  await (await post({ jsonrpc: "2.0", method: "notifications/initialized" }, { "mcp-session-id": session })).text();
  return session;
}

async function headersFor(era: Era, url: URL, tool: string): Promise<Record<string, string>> {
  if (era === "2025-11-25") return { ...ACCEPT, "mcp-protocol-version": era, "mcp-session-id": await openSession(url) };
  return { ...ACCEPT, "mcp-protocol-version": era, "mcp-method": "tools/call", "mcp-name": tool };
}

/** Callers of a tool over HTTP, each on a connection of its own. An answer that is an error ends the measurement. */
export async function mcpCallers(
  resources: AsyncDisposableStack,
  { url, era, tool }: { readonly url: URL; readonly era: Era; readonly tool: string },
  count: number,
  args: () => unknown,
): Promise<Caller[]> {
  const headers = await headersFor(era, url, tool);
  let id = 0;
  return Http1Connection.open(resources, url, count).map((connection) => async () => {
    const answer = await connection.send(httpRequest(url, toolCall(era, tool, args(), ++id), headers));
    if (answer.includes('"isError":true') || !answer.includes('"structuredContent"')) {
      throw new Error(`${tool} failed: ${answer.slice(0, 1_000)}`);
    }
  });
}
