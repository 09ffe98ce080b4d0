// What AI agents may do by themselves, tool by tool, as the operator says it.

/** `auto`: done at once; `approve`: a person is asked first; `deny`: left to people. */
export type ToolPolicy = "auto" | "approve" | "deny";

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
