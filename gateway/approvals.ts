// What waits for a person, and how a run goes on with the decision as the result of its tool.
import type { ToolResultBlockParam } from "@anthropic-ai/sdk/resources/messages";
import type { JsonObject } from "../adapter/catalog.ts";
import type { PlainHeaders } from "../runtime/calls/headers.ts";
import type { Run } from "./run.ts";

/** A call that waits for a person, or did. */
export interface Approval {
  /** Such as `APR-1001`. */
  readonly id: string;
  readonly state: "pending" | "approved" | "rejected" | "expired";
  /** What the person said to it. */
  readonly comment?: string;
  /** What was written instead of the draft. */
  readonly edited_text?: string;
  readonly [field: string]: unknown;
}

/** What a person decides. */
export interface Decision {
  readonly approve: boolean;
  /** What to write instead of the draft; empty: the draft as it is. */
  readonly text: string;
  readonly comment: string;
  /** The ticket's etag as the person has seen it; empty: as it was when the draft was made. */
  readonly ticketEtag: string;
}

/** Which approvals to list. */
interface ApprovalFilter {
  readonly state: string;
  readonly ticketId: string;
  readonly pageSize: number;
  readonly pageToken: string;
}

/** Where approvals are kept and decided. Headers say who asks. */
export interface Approvals {
  list(filter: ApprovalFilter, headers: PlainHeaders): Promise<JsonObject>;
  /** With what a person needs to know to decide. */
  get(id: string, headers: PlainHeaders): Promise<{ readonly approval: Approval; readonly [field: string]: unknown }>;
  /** Decides; the same decision again is answered as the first time. */
  decide(id: string, decision: Decision, headers: PlainHeaders): Promise<Approval>;
}

/** What the model is told of a decision. */
function outcomeOf({ id, state, comment = "", edited_text = "" }: Approval): { text: string; isError: boolean } {
  const said = comment && ` They said: ${comment}`;
  switch (state) {
    case "approved": {
      const as = edited_text ? `with a text of their own, which is what was sent: ${edited_text}` : "as it was";
      return { text: `A person approved this (${id}) ${as}. It is done.${said}`, isError: false };
    }
    case "rejected":
      return {
        text: `A person rejected this (${id}), and nothing was done.${said} Do better if you can see how, else stop and say so.`,
        isError: true,
      };
    default:
      return { text: `Nobody decided on this (${id}) in time, and nothing was done. Stop, and say so.`, isError: true };
  }
}

function replaced(block: ToolResultBlockParam, approval: Approval): ToolResultBlockParam {
  const { text, isError } = outcomeOf(approval);
  const { type, tool_use_id } = block;
  return { type, tool_use_id, content: text, ...(isError && { is_error: true }) };
}

/**
 * Puts a decision in place of the result that said that a call waits. What the run says from here on is a new answer.
 * Nothing happens to a run that knows of the decision already.
 */
export function settleApproval(run: Run, approval: Approval): void {
  const pending = run.approvals.find(({ id }) => id === approval.id);
  if (pending === undefined) return;
  run.approvals = run.approvals.filter((it) => it !== pending);
  const last = run.messages.at(-1);
  if (last?.role !== "user" || typeof last.content === "string") return;
  const content = last.content.map((block) =>
    block.type === "tool_result" && block.tool_use_id === pending.tool_use_id ? replaced(block, approval) : block,
  );
  run.messages.splice(-1, 1, { role: "user", content });
  run.base = run.messages.length;
}
