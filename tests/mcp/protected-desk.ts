// A desk whose MCP endpoint asks for tokens, as `npm start` composes it.
import { inspect } from "node:util";
import type { Catalog } from "../../adapter/catalog.ts";
import { createMcpEndpoint } from "../../adapter/server/mcp-http.ts";
import { scopesOf } from "../../adapter/server/view.ts";
import { PARTS, readConfig } from "../../runtime/config.ts";
import { type Listener, listen } from "../../runtime/http/listener.ts";
import { openAccess } from "../../services/access.ts";
import { silent } from "../support/desk.ts";
import type { Issuer } from "./issuer.ts";

/** What tokens are issued for, and where clients would come in from outside. */
export const AUDIENCE = "https://desk.example/mcp";

/** A listening endpoint. */
export interface ProtectedEndpoint extends AsyncDisposable {
  readonly url: URL;
  /** The port's own address. */
  readonly origin: string;
  /** What was logged, line by line. */
  readonly logged: readonly string[];
}

/** Puts a catalog on a port, behind the tokens of an issuer. */
export async function protect(
  catalog: Catalog,
  issuer: Pick<Issuer, "url">,
  environment: Record<string, string> = {},
): Promise<ProtectedEndpoint> {
  const config = readConfig({ MCP_ISSUER: issuer.url, MCP_AUDIENCE: AUDIENCE, ...environment });
  const logged: string[] = [];
  const access = await openAccess(
    config,
    PARTS,
    (message, fields) => void logged.push(`${message} ${inspect(fields)}`),
  );
  const { identity, routes } = access.guard("http://127.0.0.1:8080/mcp", () => scopesOf(catalog));
  const { identify } = identity;
  const endpoint = createMcpEndpoint({ catalog, identify, info: { name: "desk", version: "1" }, log: silent });
  const listener: Listener = await listen({
    ...{ host: "127.0.0.1", port: 0, services: [], allowedHosts: [], allowedOrigins: [], log: silent, graceMs: 100 },
    routes: { "/mcp": endpoint.handler, ...routes },
  });
  return {
    url: new URL(`${listener.url}/mcp`),
    origin: listener.url,
    logged,
    async [Symbol.asyncDispose]() {
      await endpoint.close();
      await listener.close();
      await access[Symbol.asyncDispose]();
    },
  };
}

export const HEADERS = { "content-type": "application/json", accept: "application/json, text/event-stream" };

/** The header that carries a token. */
export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** One request with these headers, as it is refused; 400 says that the caller was let in, and has no session. */
export async function ask(url: URL, headers: Record<string, string> = {}) {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });
  const response = await fetch(url, { method: "POST", headers: { ...HEADERS, ...headers }, body });
  const { error } = (await response.json()) as { error: { message: string } };
  return { response, status: response.status, message: error.message };
}
