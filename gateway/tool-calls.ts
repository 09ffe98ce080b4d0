// The desk's tools as the model uses them: each call with a key of its own, so that a run that is repeated writes nothing twice.
import type { ContentBlockParam, ToolResultBlockParam, ToolUseBlock } from "@anthropic-ai/sdk/resources/messages";
import type { JsonObject, Media, Tool, ToolResult } from "../adapter/catalog.ts";
import { hashOfJson } from "../runtime/calls/fingerprint.ts";
import type { PlainHeaders } from "../runtime/calls/headers.ts";
import type { Run, ToolReport } from "./run.ts";

/** What becomes of a tool while it is at work, for whoever watches. */
export interface ToolProgress {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
  readonly state: "started" | "done" | "failed" | "recorded";
}

/** How tools are called. */
export interface ToolCallOptions {
  readonly tools: ReadonlyMap<string, Tool>;
  readonly signal: AbortSignal;
  /** Headers that travel to the services: who calls, the ticket that the run is confined to, the trace. */
  readonly headers: PlainHeaders;
  onTool(progress: ToolProgress): void;
}

/**
 * The request id of a call: the same when the run is taken up again after a break, and when the model makes the very same
 * call twice in one run. Of a `request_id` that the model chose itself it is made too, since a name like `reply-1` would
 * meet that of another run.
 */
function requestKey(runId: string, tool: string, input: unknown): string {
  return `run-${hashOfJson([runId, tool, input])}`;
}

const IMAGES = /^image\/(jpeg|png|gif|webp)$/;

function mediaBlock(media: Media): ContentBlockParam {
  if (media.type === "image" && IMAGES.test(media.mimeType)) {
    const source = { type: "base64", media_type: media.mimeType as "image/png", data: media.data } as const;
    return { type: "image", source };
  }
  const text =
    media.type === "resource" && "text" in media.resource ? media.resource.text : "(not shown: no text and no image)";
  return { type: "text", text };
}

function resultBlock(use: ToolUseBlock, { content, isError }: ToolResult): ToolResultBlockParam {
  const [{ text }, ...media] = content;
  return {
    type: "tool_result",
    tool_use_id: use.id,
    content: media.length > 0 ? ([{ type: "text", text }, ...media.map(mediaBlock)] as never) : text,
    ...(isError && { is_error: true }),
  };
}

function refusal(use: ToolUseBlock, text: string): ToolResultBlockParam {
  return { type: "tool_result", tool_use_id: use.id, content: text, is_error: true };
}

/** The approval that a reply waits for; undefined where it waits for none. */
function pendingApproval({ structuredContent }: ToolResult): { id: string; reason: string } | undefined {
  const { id, state, reason } = (structuredContent.approval ?? {}) as JsonObject;
  if (typeof id !== "string" || state !== "pending") return undefined;
  return { id, reason: typeof reason === "string" ? reason : "" };
}

const DRY_RUN =
  "This is a dry run: nothing was written or sent. The call is recorded as a draft for a person to read. Go on as if it had been made, and end with a short summary.";

async function callTool(run: Run, use: ToolUseBlock, options: ToolCallOptions): Promise<ToolResultBlockParam> {
  const { id, name, input } = use;
  const { tools, signal, headers, onTool } = options;
  const tool = tools.get(name);
  if (tool === undefined) return refusal(use, `There is no tool ${name}. There are: ${[...tools.keys()].join(", ")}.`);
  if (run.dryRun && !tool.definition.annotations.readOnlyHint) {
    run.drafts.push({ tool: name, input: input as JsonObject });
    onTool({ id, name, input, state: "recorded" });
    return { type: "tool_result", tool_use_id: id, content: DRY_RUN };
  }
  onTool({ id, name, input, state: "started" });
  const begun = performance.now();
  const { request_id: _, requestId: __, ...args } = (input ?? {}) as JsonObject;
  const result = await tool.call(args, {
    signal,
    headers,
    scopes: run.scopes && new Set(run.scopes),
    requestKey: requestKey(run.id, name, input),
  });
  // Of a call that was broken off it is not known what it did; the run stops here and can be taken up again.
  signal.throwIfAborted();
  const report: ToolReport = {
    ...{ id, name, ms: Math.round(performance.now() - begun) },
    ...(result.isError && { is_error: true }),
    ...(result.structuredContent.replayed === true && { replayed: true }),
  };
  run.tools.push(report);
  const approval = pendingApproval(result);
  if (approval) run.approvals.push({ ...approval, tool_use_id: id });
  onTool({ id, name, input, state: result.isError ? "failed" : "done" });
  return resultBlock(use, result);
}

/** Calls the desk's tools that the model asked for in one turn, side by side; their results are in the order of the uses. */
export function callTools(
  run: Run,
  uses: readonly ToolUseBlock[],
  options: ToolCallOptions,
): Promise<ToolResultBlockParam[]> {
  return Promise.all(uses.map((use) => callTool(run, use, options)));
}
