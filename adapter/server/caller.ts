// Who is on the other side of an MCP connection.

/** A caller as the listener made it out; calls and sessions belong to exactly one. */
export interface Caller {
  /** A stable name for the caller, such as a token's subject. */
  readonly principal: string;
  /** What the caller may do; undefined where nothing restricts it. */
  readonly scopes?: ReadonlySet<string> | undefined;
}

/** The one caller of a server that nobody but its owner can reach. */
export const localCaller: Caller = { principal: "local" };
