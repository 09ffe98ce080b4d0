// A tool whose calls may wait for a person, from `(deskwire.mcp.v1.tool).approval`: how a result says so, and how it is decided.
import type { DescMethod } from "@bufbuild/protobuf";
import { CONFIRMED_HEADER } from "../../runtime/calls/call.ts";
import type { ApprovalFlow, CallContext, Decision, JsonObject, PendingApproval, Tool, ToolResult } from "../catalog.ts";
import { toolOptions } from "./options.ts";

/** What the request of the method that decides must have. */
const DECIDE_FIELDS = ["approval_id", "decision", "edited_text", "comment"];

function deciding(method: DescMethod, name: string): DescMethod {
  const found = method.parent.methods.find((candidate) => candidate.name === name);
  if (found?.methodKind !== "unary")
    throw new TypeError(`${method.name}: there is no unary method ${name} that decides.`);
  const missing = DECIDE_FIELDS.find((field) => !found.input.fields.some((candidate) => candidate.name === field));
  if (missing)
    throw new TypeError(`${found.input.typeName} has no field ${missing}, by which ${method.name} is decided.`);
  return found;
}

/** The fields that two responses have in common: of the same name and kind. */
function commonFields(method: DescMethod, other: DescMethod): string[] {
  return method.output.fields
    .filter((field) => {
      const twin = other.output.fields.find(({ name }) => name === field.name);
      return twin?.fieldKind === field.fieldKind && twin.message === field.message && twin.enum === field.enum;
    })
    .map(({ name }) => name);
}

function pendingIn(
  field: string,
  { structuredContent, isError }: Parameters<ApprovalFlow["pending"]>[0],
): PendingApproval | undefined {
  const { id, state, reason = "" } = (structuredContent[field] ?? {}) as JsonObject;
  if (isError || typeof id !== "string" || state !== "pending") return undefined;
  return { id, reason: String(reason) };
}

/** A decision as the arguments of the tool that decides. */
function argumentsOf({ id }: PendingApproval, { approve, editedText, comment }: Decision): JsonObject {
  return {
    approval_id: id,
    decision: approve ? "approve" : "reject",
    ...(editedText && { edited_text: editedText }),
    ...(comment && { comment }),
  };
}

/**
 * How calls of a method wait and are decided; undefined where they never wait.
 *
 * @param toolOf makes the tool of the method that decides
 * @param passing properties of a result that are about one call alone, and not about what it came to
 *
 * Throws a `TypeError` for an option that names what does not exist.
 */
export function approvalFlow(
  method: DescMethod,
  toolOf: (method: DescMethod) => Tool,
  passing: () => readonly string[],
): ApprovalFlow | undefined {
  const option = toolOptions(method)?.approval;
  if (!option) return undefined;
  if (!method.output.fields.some(({ name }) => name === option.field)) {
    throw new TypeError(`${method.output.typeName} has no field ${option.field} that says that a call waits.`);
  }
  const decider = deciding(method, option.decideMethod);
  const common = commonFields(method, decider);
  const tool = toolOf(decider);
  return {
    scope: tool.scope,
    textArgument: option.textField || undefined,
    pending: (result) => pendingIn(option.field, result),
    async decide(held, pending, decision, context: CallContext): Promise<ToolResult> {
      const headers = { ...context.headers, [CONFIRMED_HEADER]: pending.id };
      const args = argumentsOf(pending, decision);
      // The same answer of the same person, sent again, is the same decision.
      const requestKey = JSON.stringify(args);
      const decided = await tool.call(args, { ...context, headers, requestKey });
      if (decided.isError) return decided;
      const before = Object.entries(held.structuredContent).filter(([name]) => !passing().includes(name));
      const now = Object.entries(decided.structuredContent).filter(([name]) => common.includes(name));
      const structuredContent = Object.fromEntries([...before, ...now]);
      return { content: [{ type: "text", text: JSON.stringify(structuredContent) }], structuredContent };
    },
  };
}

/** What a model is told of a call that waits. */
export function waitingNotice({ id }: PendingApproval): string {
  return `Not done yet: a person has to decide first (${id}). Tell the user so. Do not call again, and do not look for another way.`;
}
