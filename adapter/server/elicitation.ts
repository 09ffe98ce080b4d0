// Asks the person at the client about a call that waits: by a multi-round-trip request to clients of 2026-07-28, which the SDK
// turns into an elicitation request for clients of 2025 (MCP specification, basic/patterns/mrtr and client/elicitation).
import { type InputRequiredResult, inputRequired, inputResponse } from "@modelcontextprotocol/server";
import { ADMIN_SCOPE } from "../../runtime/identity/scopes.ts";
import { withoutHidden } from "../../runtime/messages/hidden-text.ts";
import type { ApprovalFlow, CallContext, Decision, JsonObject, PendingApproval, Tool, ToolResult } from "../catalog.ts";
import type { RequestContext } from "./request-context.ts";

/** A call that was made, and who made it. */
export interface AskedCall {
  readonly context: RequestContext;
  readonly tool: Tool;
  readonly args: JsonObject;
  readonly call: CallContext;
}

/** Whether the client can show a form to its user; `{}` is how clients of before 2025-11-25 say so. */
export function showsForms({ capabilities }: Pick<RequestContext, "capabilities">): boolean {
  const { elicitation } = capabilities ?? {};
  return elicitation !== undefined && (elicitation.form !== undefined || elicitation.url === undefined);
}

function mayDecide({ scope }: ApprovalFlow, { scopes }: CallContext): boolean {
  return scope === undefined || scopes === undefined || scopes.has(scope) || scopes.has(ADMIN_SCOPE);
}

/** The call in words for a person: nothing in it may be out of sight. */
function described({ tool, args }: AskedCall, { id, reason }: PendingApproval): string {
  const lines = Object.entries(args).map(([name, value]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const { text: visible, removed } = withoutHidden(text);
    const hidden = removed > 0 ? ` (with ${removed} hidden characters)` : "";
    return visible.includes("\n") ? `${name}${hidden}:\n${visible}` : `${name}${hidden}: ${visible}`;
  });
  return [`${tool.definition.title} (${tool.name}) waits for your decision, ${id}.`, reason, "", ...lines].join("\n");
}

function form({ textArgument }: ApprovalFlow) {
  const edited = {
    type: "string",
    title: "Edited text",
    description: `What to write in place of ${textArgument}. Empty: as it is above.`,
    maxLength: 20_000,
  } as const;
  return {
    type: "object",
    properties: {
      decision: { type: "string", title: "Decision", enum: ["approve", "reject"] },
      ...(textArgument && { edited_text: edited }),
      comment: {
        type: "string",
        title: "Comment",
        description: "For the record; why, if you reject it.",
        maxLength: 2_000,
      },
    },
    required: ["decision"],
  } as const;
}

const text = (value: unknown) => (typeof value === "string" ? value.trim() : "");

/** What the person has answered; undefined where they have not decided. */
function decisionOf(action: string, content: Record<string, unknown> = {}): Decision | undefined {
  if (action === "decline") return { approve: false, comment: "Declined at the client." };
  if (action !== "accept") return undefined;
  const comment = text(content.comment).slice(0, 2_000).toWellFormed();
  if (content.decision === "approve") return { approve: true, editedText: text(content.edited_text), comment };
  if (content.decision === "reject") return { approve: false, comment: comment || "Rejected at the client." };
  return undefined;
}

/**
 * Goes on with the result of a call: where it waits, and the person at the client may decide and can be asked, it asks, or
 * carries out what the person has answered. In all other cases the result stays as it is.
 *
 * The answer counts for the approval that the question was about, by its identifier: a call with other arguments has another
 * approval, for which there is no answer.
 */
export async function withDecision(asked: AskedCall, result: ToolResult): Promise<ToolResult | InputRequiredResult> {
  const { approval } = asked.tool;
  const pending = approval?.pending(result);
  if (!approval || !pending || !mayDecide(approval, asked.call) || !showsForms(asked.context)) return result;
  const answer = inputResponse(asked.context.inputResponses, pending.id);
  if (answer.kind !== "elicit") {
    const question = { message: described(asked, pending), requestedSchema: form(approval) };
    return inputRequired({ inputRequests: { [pending.id]: inputRequired.elicit(question as never) } });
  }
  const decision = decisionOf(answer.action, answer.content);
  return decision ? await approval.decide(result, pending, decision, asked.call) : result;
}
