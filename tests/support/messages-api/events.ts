// A message of the API, whole and as the events of its stream.
import { randomBytes } from "node:crypto";
import type { Block, MessagesRequest, Turn } from "./script.ts";

const USAGE = { input_tokens: 10, output_tokens: 5, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };

/** One event of a stream. */
export interface StreamEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** The message that a turn is. */
export function messageOf(turn: Turn, { model }: MessagesRequest) {
  const content: Block[] = turn.content.map((it) => (typeof it === "string" ? { type: "text", text: it } : it));
  const stops = content.some(({ type }) => type === "tool_use") ? "tool_use" : "end_turn";
  return {
    id: `msg_${randomBytes(12).toString("hex")}`,
    type: "message",
    role: "assistant",
    model,
    content,
    stop_reason: turn.stop_reason ?? stops,
    stop_sequence: null,
    usage: { ...USAGE, ...turn.usage },
  };
}

function pieces(text: string): string[] {
  return text.match(/[\s\S]{1,12}/gu) ?? [];
}

function* blockEvents(block: Block, index: number): Generator<StreamEvent> {
  const start = (content_block: Block) => ({ type: "content_block_start", index, content_block });
  const delta = (it: Record<string, unknown>) => ({ type: "content_block_delta", index, delta: it });
  if (block.type === "text") {
    yield start({ ...block, text: "" });
    for (const text of pieces(block.text ?? "")) yield delta({ type: "text_delta", text });
  } else if (block.type === "thinking") {
    yield start({ ...block, thinking: "", signature: "" });
    for (const thinking of pieces(String(block.thinking))) yield delta({ type: "thinking_delta", thinking });
    yield delta({ type: "signature_delta", signature: block.signature });
  } else if (block.type === "tool_use" || block.type === "server_tool_use") {
    yield start({ ...block, input: {} });
    yield delta({ type: "input_json_delta", partial_json: "" });
    for (const partial_json of pieces(JSON.stringify(block.input)))
      yield delta({ type: "input_json_delta", partial_json });
  } else {
    yield start(block);
  }
  yield { type: "content_block_stop", index };
}

/** The events of a message's stream, in the order of the API's reference. */
export function* eventsOf({ stop_reason, usage, ...message }: ReturnType<typeof messageOf>): Generator<StreamEvent> {
  const begun = { ...usage, output_tokens: 1 };
  yield {
    type: "message_start",
    message: { ...message, content: [], stop_reason: null, usage: begun },
  };
  yield { type: "ping" };
  for (const [index, block] of message.content.entries()) yield* blockEvents(block, index);
  yield { type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage };
  yield { type: "message_stop" };
}
