// The desk's MCP endpoint, loaded with the first MCP client: the packages of the protocol are a tenth of what a start takes.
import type { McpEndpoint, McpEndpointOptions } from "../adapter/server/mcp-http.ts";
import type { Route } from "../runtime/http/listener.ts";
import { warmUp } from "./warm-up.ts";

/** Makes the endpoint of `createMcpEndpoint` when it is first asked for. */
export function mcpEndpoint(options: McpEndpointOptions): { readonly handler: Route; close(): Promise<void> } {
  let endpoint: McpEndpoint | undefined;
  let loading: Promise<McpEndpoint> | undefined;
  const closing = new AbortController();
  async function load(): Promise<McpEndpoint> {
    const { createMcpEndpoint } = await import("../adapter/server/mcp-http.ts");
    endpoint = createMcpEndpoint(options);
    void warmUp(
      options.catalog.tools.values().map(({ definition }) => definition),
      closing.signal,
    );
    return endpoint;
  }
  return {
    handler(request, response) {
      if (endpoint) return endpoint.handler(request, response);
      loading ??= load();
      return loading.then((loaded) => loaded.handler(request, response));
    },
    async close() {
      closing.abort();
      await loading?.then((loaded) => loaded.close());
    },
  };
}
