// Who is on the other side of an MCP connection: see runtime/identity.
export { type Caller, type Identify, localCaller } from "../../runtime/identity/caller.ts";
