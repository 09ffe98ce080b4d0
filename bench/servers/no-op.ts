// The desk's own port with nothing behind it: a service and a tool that do nothing, with all limits and guards in place.
import { createMcpEndpoint } from "../../adapter/server/mcp-http.ts";
import { listen } from "../../runtime/http/listener.ts";
import { noOpCatalog, noOpService } from "../lib/no-op.ts";

const services = [noOpService()];
const mcp = createMcpEndpoint({ catalog: noOpCatalog, info: { name: "no-op", version: "1", title: "No-op" } });
const listener = await listen({
  host: "127.0.0.1",
  port: 0,
  services,
  routes: { "/mcp": mcp.handler },
  allowedHosts: [],
  allowedOrigins: [],
});
console.log(`${listener.url}/`);
process.once("SIGTERM", async () => {
  await mcp.close();
  await listener.close();
});
