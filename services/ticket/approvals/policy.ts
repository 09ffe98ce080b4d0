// Whose calls are an AI agent's, and what the desk lets AI agents do by themselves.
import { Code, type HandlerContext } from "@connectrpc/connect";
import { type Actor, ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import { ADMIN_SCOPE, scopesOf } from "../../../runtime/call.ts";
import { fail } from "../../../runtime/errors.ts";
import type { ToolPolicies } from "../../../runtime/tool-policy.ts";

/** The scope of people who decide about what AI agents want to do. */
export const APPROVALS_SCOPE = "approvals";

/**
 * Whether a call counts as an AI agent's.
 *
 * A key without the scope `approvals` is never a person's, whatever its calls say of themselves: a model could say anything.
 * From a key with that scope, and from callers whom nothing restricts, the actor that the call names is believed; a call
 * that came by an MCP tool cannot name one and is an AI agent's.
 */
export function isAi(actor: Actor, context: HandlerContext): boolean {
  const scopes = scopesOf(context);
  const mayBePerson = scopes === undefined || scopes.has(APPROVALS_SCOPE) || scopes.has(ADMIN_SCOPE);
  return !mayBePerson || actor.kind === ActorKind.AI;
}

/** @throws ConnectError `permission_denied` (TOOL_DENIED) where the policy leaves a tool to people */
export function assertToolAllowed(policies: ToolPolicies, tool: string): void {
  if (policies[tool] !== "deny") return;
  throw fail(
    Code.PermissionDenied,
    "TOOL_DENIED",
    `This desk leaves ${tool} to people. Nothing was done. Tell the user, or say in an internal note what should be done.`,
    { tool },
  );
}
