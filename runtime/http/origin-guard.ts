// Who may talk to the port at all: the Host against DNS rebinding, the Origin against web pages of others.
import { isIP } from "node:net";
import { Code, type ConnectError } from "@connectrpc/connect";
import { fail } from "../errors.ts";
import { Recent } from "../recent.ts";
import type { Http2Exchange, HttpRequest } from "./http-port.ts";
import { inNetworks } from "./networks.ts";

/** Buf Studio, the web client that calls any Connect or gRPC-Web server from the reader's own browser. */
const BUF_STUDIO = "https://buf.build";

/** Authorities of which it is remembered whether they may pass. */
const MOST_KNOWN = 100;

const AUTHORITY = /^(?:\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::[0-9]{1,5})?$/i;

const isLoopbackAddress = inNetworks(["127.0.0.0/8", "::1"]);

/** The host of an authority such as `localhost:8080`, in its normal form and without brackets. */
function hostOf(authority: string): string | undefined {
  if (!AUTHORITY.test(authority)) return undefined;
  const host = URL.parse(`http://${authority}`)?.hostname.replace(/^\[|\]$|\.$/g, "");
  return host || undefined;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || isLoopbackAddress(host);
}

function originOf(text: string): string {
  const origin = text.trim().toLowerCase().replace(/\/$/, "");
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/*\s]+$/.test(origin)) return origin;
  throw fail(
    Code.InvalidArgument,
    "ALLOWED_ORIGINS_INVALID",
    `ALLOWED_ORIGINS holds ${JSON.stringify(text)}, which is not an origin. Write it as https://app.example.com, with a port where it has one.`,
  );
}

function allowedHost(text: string): string {
  const host = hostOf(text.includes(":") && isIP(text) ? `[${text}]` : text.trim());
  if (host) return host;
  throw fail(
    Code.InvalidArgument,
    "ALLOWED_HOSTS_INVALID",
    `ALLOWED_HOSTS holds ${JSON.stringify(text)}, which is not a host. Write it as desk.example.com, without scheme or path.`,
  );
}

/** Decides about requests by Host and Origin. */
export interface OriginGuard {
  /** The error to answer with; undefined where the request may pass. */
  refusal(request: HttpRequest | Http2Exchange): ConnectError | undefined;
}

/** All values of the authority that a request states: HTTP/2 clients may send both `:authority` and `host`. */
function authoritiesOf(request: HttpRequest | Http2Exchange): string[] {
  const stated: (string | undefined)[] = "stream" in request ? [request.headers[":authority"] as string] : [];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    if (request.rawHeaders[i]?.toLowerCase() === "host") stated.push(request.rawHeaders[i + 1]);
  }
  return stated.filter((value) => value !== undefined);
}

/**
 * Makes the guard for a port bound to `host`.
 *
 * A Host passes where it is a loopback name or address, the bound host, or among `allowedHosts`; at a port bound to all
 * addresses any IP address passes, because only a name can be rebound. An Origin passes where it is Buf Studio's or among
 * `allowedOrigins`; requests without one do not come from a web page's script.
 *
 * Throws where an allowed host or origin is malformed.
 */
export function createOriginGuard(options: {
  host: string;
  allowedHosts: readonly string[];
  allowedOrigins: readonly string[];
}): OriginGuard {
  const hosts = new Set([options.host, ...options.allowedHosts].map(allowedHost));
  const origins = new Set([BUF_STUDIO, ...options.allowedOrigins].map(originOf));
  const everywhere = hosts.has("0.0.0.0") || hosts.has("::");

  const isAllowed = (authority: string) => {
    const host = hostOf(authority);
    if (!host) return false;
    return hosts.has(host) || isLoopback(host) || (everywhere && isIP(host) !== 0);
  };
  // Clients state the same again with every request.
  const known = new Recent<string, boolean>(MOST_KNOWN);
  const hostPasses = (authority: string) => {
    const answered = known.get(authority);
    if (answered !== undefined) return answered;
    const passes = isAllowed(authority);
    known.set(authority, passes);
    return passes;
  };
  return {
    refusal(request) {
      const authorities = authoritiesOf(request);
      const wrong = authorities.find((authority) => !hostPasses(authority));
      if (wrong !== undefined || authorities.length === 0) {
        return fail(
          Code.PermissionDenied,
          "HOST_NOT_ALLOWED",
          `This server does not answer to the host ${JSON.stringify(wrong ?? "")}. Use localhost, or name the host in ALLOWED_HOSTS.`,
        );
      }
      const { origin } = request.headers;
      if (origin === undefined || origins.has(origin)) return undefined;
      return fail(
        Code.PermissionDenied,
        "ORIGIN_NOT_ALLOWED",
        `Web pages at ${JSON.stringify(origin)} may not call this server. Name the origin in ALLOWED_ORIGINS to let them.`,
      );
    },
  };
}
