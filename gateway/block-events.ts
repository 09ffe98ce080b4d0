// A whole block of content as the events by which a stream tells it.
import type { ContentBlock } from "@anthropic-ai/sdk/resources/messages";

/** One event of a block. */
export interface BlockEvent {
  readonly type: "content_block_start" | "content_block_delta" | "content_block_stop";
  readonly index: number;
  readonly [field: string]: unknown;
}

/** What a block is before its first delta, and the deltas that make it whole. */
function deltasOf(block: ContentBlock): readonly [empty: object, ...deltas: object[]] {
  switch (block.type) {
    case "text":
      return [
        { ...block, text: "" },
        { type: "text_delta", text: block.text },
      ];
    case "thinking":
      return [
        { ...block, thinking: "", signature: "" },
        { type: "thinking_delta", thinking: block.thinking },
        { type: "signature_delta", signature: block.signature },
      ];
    case "tool_use":
    case "server_tool_use":
      return [
        { ...block, input: {} },
        { type: "input_json_delta", partial_json: JSON.stringify(block.input) },
      ];
    default:
      return [block];
  }
}

/** The events of a block, in order. */
export function* blockEvents(block: ContentBlock, index: number): Generator<BlockEvent> {
  const [content_block, ...deltas] = deltasOf(block);
  yield { type: "content_block_start", index, content_block };
  for (const delta of deltas) yield { type: "content_block_delta", index, delta };
  yield { type: "content_block_stop", index };
}
