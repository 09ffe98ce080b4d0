// One job of the agent: the request, and its stream as it comes.
import type Anthropic from "@anthropic-ai/sdk";
import { APIError } from "@anthropic-ai/sdk";
import { Stream } from "@anthropic-ai/sdk/streaming";
import type { Terminal } from "./terminal.ts";

/** What is to be done. */
export interface Job {
  readonly ticket: string;
  readonly dryRun: boolean;
  /** What the person adds; empty for nothing. */
  readonly say: string;
  /** Undefined for the desk's own. */
  readonly model: string | undefined;
}

/** How a job ended, where it did not fail. */
export type Ending = "done" | "limit" | "approval";

/** What the gateway says of a tool, in a ping. */
export interface ToolNews {
  readonly name: string;
  readonly state: "started" | "done" | "failed" | "recorded";
  readonly input?: Readonly<Record<string, unknown>>;
}

/** What the gateway says of the whole, at the end. */
export interface Summary {
  readonly turns: number;
  readonly tools: readonly unknown[];
  readonly stopped_by: string;
  readonly pending_approvals?: readonly { readonly id: string; readonly reason: string }[];
}

interface StreamEvent {
  readonly type: string;
  readonly delta?: { readonly text?: string; readonly stop_reason?: string };
  readonly usage?: { readonly input_tokens: number; readonly output_tokens: number };
  readonly deskwire?: Summary & { readonly tool?: ToolNews };
}

const LIMITS = ["turn_limit", "token_limit", "time_limit", "max_tokens"];

function requestOf({ ticket, say, model }: Job) {
  const words = `Work ticket ${ticket}: read it, answer the customer, and set the status that fits.`;
  return {
    ...(model !== undefined && { model }),
    messages: [{ role: "user", content: say === "" ? words : `${words}\n\n${say}` }],
    tools: [{ name: "support" }],
    stream: true,
  };
}

function endingOf({ stopped_by }: Summary): Ending {
  if (stopped_by === "approval") return "approval";
  return LIMITS.includes(stopped_by) ? "limit" : "done";
}

/**
 * Has the model do the job, confined to its ticket, and shows what comes.
 *
 * Rejects with the SDK's errors.
 */
export async function workOn(client: Anthropic, job: Job, terminal: Terminal, signal: AbortSignal): Promise<Ending> {
  const headers = { "deskwire-ticket": job.ticket, ...(job.dryRun && { "deskwire-dry-run": "true" }) };
  const response = await client.messages.create(requestOf(job) as never, { headers, signal }).asResponse();
  let ending: Ending = "done";
  for await (const { data } of Stream.rawEvents(response)) {
    const event: StreamEvent = JSON.parse(data);
    if (event.type === "error") throw new APIError(undefined, event, undefined, response.headers);
    if (event.type === "content_block_delta") terminal.text(event.delta?.text ?? "");
    if (event.type === "content_block_stop") terminal.end();
    if (event.deskwire?.tool) terminal.tool(event.deskwire.tool);
    if (event.type === "message_delta" && event.deskwire) {
      ending = endingOf(event.deskwire);
      terminal.summary(event.deskwire, event.usage);
    }
  }
  return ending;
}
