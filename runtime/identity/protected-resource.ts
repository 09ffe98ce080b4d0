// What a protected MCP endpoint says of itself, so that a client finds where to get a token (RFC 9728).
import { answerJson } from "../http/http-error.ts";
import type { Route } from "../http/listener.ts";

/** An endpoint that takes the tokens of one issuer. */
export interface ProtectedResource {
  /** The URL of the endpoint as clients reach it. */
  readonly resource: string;
  /** The issuer, exactly as its tokens write it (`iss`). */
  readonly issuer: string;
  /** The scopes that open something here; none where nothing needs one. */
  readonly scopes: readonly string[];
}

const WELL_KNOWN = "/.well-known/oauth-protected-resource";

const pathOf = (resource: string) => `${WELL_KNOWN}${new URL(resource).pathname.replace(/\/$/, "")}`;

/** Where the metadata of a resource is (RFC 9728, section 3.1). */
export function metadataUrl(resource: string): string {
  return new URL(resource).origin + pathOf(resource);
}

/** The routes of the metadata: at the path that belongs to the resource, and at the root, where clients look next. */
export function metadataRoutes({ resource, issuer, scopes }: ProtectedResource): Record<string, Route> {
  const metadata = {
    resource,
    authorization_servers: [issuer],
    scopes_supported: scopes,
    bearer_methods_supported: ["header"],
  };
  const route: Route = (request, response) => {
    if (request.method === "GET" || request.method === "HEAD") return answerJson(response, 200, metadata);
    response.setHeader("allow", "GET, HEAD");
    answerJson(response, 405, { code: "unimplemented", message: `${request.url} answers to GET alone.` });
  };
  return { [WELL_KNOWN]: route, [pathOf(resource)]: route };
}
