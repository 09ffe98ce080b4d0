// Marks what the next turn will repeat, so that the model's API does not read it anew each time (prompt caching).
import type { MessageParam } from "@anthropic-ai/sdk/resources/messages";
import type { ModelParams } from "./messages.ts";

const MARK = { type: "ephemeral" } as const;

function marked<Block extends object>(blocks: readonly Block[]): Block[] {
  return blocks.map((block, index) => (index === blocks.length - 1 ? { ...block, cache_control: MARK } : block));
}

/**
 * Marks the end of the system prompt, and with it the tools, and the end of the conversation. Where the client has marks of
 * its own they stand alone: the API takes four at most.
 */
export function withCacheMarks(params: ModelParams, messages: readonly MessageParam[]) {
  const { system } = params;
  const last = messages.at(-1);
  const own = JSON.stringify([params, messages]).includes('"cache_control"');
  if (own || !system || last?.role !== "user" || typeof last.content === "string") return { params, messages };
  const end: MessageParam = { role: "user", content: marked(last.content) };
  return { params: { ...params, system: marked(system) }, messages: [...messages.slice(0, -1), end] };
}
