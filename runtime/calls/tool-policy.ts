// Whose calls are an AI agent's, and what AI agents may do by themselves, tool by tool, as the operator says it.
import { Code, type HandlerContext } from "@connectrpc/connect";
import { fail } from "../errors.ts";
import { ADMIN_SCOPE, APPROVALS_SCOPE } from "../identity/scopes.ts";
import { scopesOf } from "./call.ts";

/** `auto`: done at once; `approve`: a person is asked first; `deny`: left to people. */
type ToolPolicy = "auto" | "approve" | "deny";

/** The policies of tools; a tool that is not named is `auto`. */
export type ToolPolicies = Readonly<Partial<Record<string, ToolPolicy>>>;

/** Tools whose calls can be held: what they do is one transaction about a ticket that is there. */
const HOLDABLE = ["respond_to_ticket", "update_ticket", "merge_tickets", "record_customer_reply", "add_internal_note"];
const DENIABLE = [...HOLDABLE, "open_ticket", "add_customer_note"];

/** What may stand in the list, in words. */
export const TOOL_POLICY_FORM = `tools with a policy, such as respond_to_ticket=approve,merge_tickets=deny. auto, approve or deny: ${HOLDABLE.join(", ")}. auto or deny: open_ticket, add_customer_note`;

/** Reads `respond_to_ticket=approve,merge_tickets=deny`; undefined where it says anything else. */
export function parseToolPolicies(items: readonly string[]): ToolPolicies | undefined {
  const policies: Partial<Record<string, ToolPolicy>> = {};
  for (const item of items) {
    const [, tool = "", policy = ""] = /^([a-z_]+)\s*=\s*(auto|approve|deny)$/.exec(item) ?? [];
    if (!(policy === "approve" ? HOLDABLE : DENIABLE).includes(tool) || policies[tool]) return undefined;
    policies[tool] = policy as ToolPolicy;
  }
  return policies;
}

/**
 * Whether a call counts as an AI agent's.
 *
 * A key without the scope `approvals` is never a person's, whatever its calls say of themselves: a model could say anything.
 * From a key with that scope, and from callers whom nothing restricts, what the call says is believed; a call that came by
 * an MCP tool cannot say that it is a person's.
 *
 * @param saysSo whether the call names an AI agent as its actor
 */
export function isAiCall(context: HandlerContext, saysSo: boolean): boolean {
  const scopes = scopesOf(context);
  const mayBePerson = scopes === undefined || scopes.has(APPROVALS_SCOPE) || scopes.has(ADMIN_SCOPE);
  return saysSo || !mayBePerson;
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
