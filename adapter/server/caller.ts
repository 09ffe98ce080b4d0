// Who is on the other side of an MCP connection.
import type { HttpRequest } from "../../runtime/cleartext-port.ts";

/** A caller as the listener made it out; calls and sessions belong to exactly one. */
export interface Caller {
  /** A stable name for the caller, such as a token's issuer and subject; printable ASCII, since it travels as a header. */
  readonly principal: string;
  /** What the caller may do; undefined where nothing restricts it. */
  readonly scopes?: ReadonlySet<string> | undefined;
}

/**
 * Makes out the caller of a request. Throws a ConnectError to refuse it: `unauthenticated` becomes 401 and
 * `permission_denied` 403, with the `www-authenticate` of the error's metadata, `unavailable` 503.
 */
export type Identify = (request: Pick<HttpRequest, "headers">) => Promise<Caller>;

/** The one caller of a server that nobody but its owner can reach. */
export const localCaller: Caller = { principal: "local" };
