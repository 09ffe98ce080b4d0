// CORS for the origins that the guard lets pass (fetch.spec.whatwg.org, section 3.3).
import { cors } from "@connectrpc/connect";
import type { HttpRequest, HttpResponse } from "./http-port.ts";

// What MCP clients send and read, in all of its revisions since Streamable HTTP.
const MCP_REQUEST_HEADERS = [
  "Accept",
  "Last-Event-ID",
  "MCP-Protocol-Version",
  "Mcp-Method",
  "Mcp-Name",
  "Mcp-Session-Id",
];
const MCP_RESPONSE_HEADERS = ["MCP-Protocol-Version", "Mcp-Session-Id", "Retry-After", "WWW-Authenticate"];

// What the official SDKs of the Messages API send from a browser, and what the gateway takes and tells besides.
const STAINLESS = ["Arch", "Lang", "OS", "Package-Version", "Retry-Count", "Runtime", "Runtime-Version", "Timeout"];
const MESSAGES_REQUEST_HEADERS = [
  ...["Anthropic-Version", "Anthropic-Beta", "Anthropic-Dangerous-Direct-Browser-Access", "Idempotency-Key"],
  ...["Deskwire-Ticket", "Deskwire-Dry-Run", "X-Stainless-Helper-Method"],
  ...STAINLESS.map((name) => `X-Stainless-${name}`),
];
const MESSAGES_RESPONSE_HEADERS = ["Request-Id", "Deskwire-Replayed"];

const METHODS = [...cors.allowedMethods, "DELETE"].join(", ");
const REQUEST_HEADERS = [
  ...[...cors.allowedHeaders, "Authorization", "X-Api-Key"],
  ...[...MCP_REQUEST_HEADERS, ...MESSAGES_REQUEST_HEADERS],
].join(", ");
const RESPONSE_HEADERS = [...cors.exposedHeaders, ...MCP_RESPONSE_HEADERS, ...MESSAGES_RESPONSE_HEADERS].join(", ");
const MAX_AGE_SECONDS = "7200";

/**
 * Sets the CORS headers where the request comes from a web page, whose origin has to be checked before.
 *
 * @returns true where the request was a preflight, which is answered by that
 */
export function answerCors(request: HttpRequest, response: HttpResponse): boolean {
  const { origin } = request.headers;
  if (origin === undefined) return false;
  response.setHeader("access-control-allow-origin", origin);
  response.setHeader("access-control-expose-headers", RESPONSE_HEADERS);
  response.setHeader("vary", "origin");
  if (request.method !== "OPTIONS" || request.headers["access-control-request-method"] === undefined) return false;
  response.setHeader("access-control-allow-methods", METHODS);
  response.setHeader("access-control-allow-headers", REQUEST_HEADERS);
  response.setHeader("access-control-max-age", MAX_AGE_SECONDS);
  // A public page asks to reach a private address (wicg.github.io/private-network-access).
  if (request.headers["access-control-request-private-network"] === "true") {
    response.setHeader("access-control-allow-private-network", "true");
  }
  response.statusCode = 204;
  response.end();
  return true;
}
