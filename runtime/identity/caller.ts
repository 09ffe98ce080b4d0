// Who is on the other side of a call.
import { CLIENT_HEADER, PRINCIPAL_HEADER, SCOPES_HEADER } from "../calls/call.ts";
import type { HttpRequest } from "../http/http-port.ts";

/** A caller as the edge made it out; calls and sessions belong to exactly one. */
export interface Caller {
  /** A stable name for the caller, such as `key:<name>` or a token's issuer and subject; printable ASCII, for a header. */
  readonly principal: string;
  /** What the caller may do; undefined where nothing restricts it. */
  readonly scopes?: ReadonlySet<string> | undefined;
  /** The program that calls, as it names itself. */
  readonly client?: string | undefined;
}

/**
 * Makes out the caller of a request. Throws a ConnectError to refuse it: `unauthenticated` becomes 401 and
 * `permission_denied` 403, with the `www-authenticate` of the error's metadata, `resource_exhausted` 429 with `retry-after`,
 * `unavailable` 503.
 */
export type Identify = (request: Pick<HttpRequest, "headers">) => Promise<Caller>;

/** The one caller of a server that nobody but its owner can reach. */
export const localCaller: Caller = { principal: "local" };

const MAX_CLIENT = 200;

/** The name of a program as a header can carry it: printable ASCII, up to 200 characters. */
export function clientName(text: string | undefined): string | undefined {
  return (
    text
      ?.slice(0, MAX_CLIENT)
      .replace(/[^\x20-\x7e]/g, "?")
      .trim() || undefined
  );
}

/** The headers that tell a service who calls. */
export function callerHeaders({ principal, scopes, client }: Caller): Record<string, string> {
  return {
    [PRINCIPAL_HEADER]: principal,
    ...(scopes !== undefined && { [SCOPES_HEADER]: [...scopes].sort().join(" ") }),
    ...(client !== undefined && { [CLIENT_HEADER]: client }),
  };
}
