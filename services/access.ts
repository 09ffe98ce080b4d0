// Who may call /mcp, by the configuration: holders of an issuer's tokens, or whoever reaches the loopback address.

import type { Catalog } from "../adapter/catalog.ts";
import { bearerIdentity } from "../adapter/server/bearer.ts";
import type { Identify } from "../adapter/server/caller.ts";
import { metadataRoutes } from "../adapter/server/protected-resource.ts";
import { scopesOf } from "../adapter/server/view.ts";
import type { Config } from "../runtime/config.ts";
import type { Route } from "../runtime/listener.ts";
import type { Log } from "../runtime/log.ts";

/** What guards an MCP endpoint. */
export interface Access {
  /** Absent where nobody is asked. */
  readonly identify?: Identify;
  /** What has to be served beside the endpoint. */
  readonly routes: Readonly<Record<string, Route>>;
}

/**
 * Makes what guards the endpoint of a catalog.
 *
 * @param url the endpoint's own address; clients reach it there unless MCP_AUDIENCE is another URL, as behind a proxy
 */
export function mcpAccess(config: Config, catalog: Catalog, url: string, log?: Log): Access {
  const { MCP_ISSUER: issuer, MCP_AUDIENCE: audience = url, MCP_JWKS_URL: jwksUrl } = config;
  if (issuer === undefined) return { routes: {} };
  const resource = /^https?:/i.test(audience) ? audience : url;
  const protectedResource = { resource, issuer, scopes: scopesOf(catalog) };
  return {
    identify: bearerIdentity({ ...protectedResource, audience, jwksUrl, log }),
    routes: metadataRoutes(protectedResource),
  };
}
