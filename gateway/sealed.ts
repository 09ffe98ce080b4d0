// A run's own steps, packed into one block of its answer, so that the client can go on with the conversation and the desk keeps nothing.
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type {
  ContentBlockParam,
  MessageParam,
  RedactedThinkingBlock,
  ToolResultBlockParam,
} from "@anthropic-ai/sdk/resources/messages";
import { invalidRequest } from "./messages.ts";
import type { Run } from "./run.ts";

/** Marks the data; the number is that of the form. */
const PREFIX = "deskwire-1.";
const MAX_BYTES = 32 * 1024 * 1024;

interface Steps {
  /** The turns of the run as the model saw them, with its uses of the desk's tools and their results. */
  readonly messages: readonly MessageParam[];
  /** Results of the last turn, which wait for those of the client's tools beside them. */
  readonly results: readonly ToolResultBlockParam[];
}

/**
 * Packs the steps of a run into a block of a type that clients have to send back as it came (`redacted_thinking`). A
 * client that changes it only deceives itself: whatever it could write there it could as well write into its messages.
 */
export function sealSteps({ messages, base, results }: Run): RedactedThinkingBlock {
  const steps: Steps = { messages: messages.slice(base), results };
  return { type: "redacted_thinking", data: PREFIX + deflateRawSync(JSON.stringify(steps)).toString("base64url") };
}

function openSteps(data: string, path: string): Steps {
  try {
    const packed = Buffer.from(data.slice(PREFIX.length), "base64url");
    const { messages, results } = JSON.parse(inflateRawSync(packed, { maxOutputLength: MAX_BYTES }).toString());
    if (Array.isArray(messages) && Array.isArray(results)) return { messages, results };
  } catch {
    // Whatever is wrong with it, the way out is the same.
  }
  throw invalidRequest(path, "this block holds the desk's own steps and was changed. Send the answer back as it came.");
}

function stepsIn({ role, content }: MessageParam, path: string): Steps | undefined {
  if (role !== "assistant" || typeof content === "string") return undefined;
  for (const block of content) {
    if (block.type !== "redacted_thinking") continue;
    const { data } = block as RedactedThinkingBlock;
    if (typeof data === "string" && data.startsWith(PREFIX)) return openSteps(data, path);
  }
  return undefined;
}

const asBlocks = (content: MessageParam["content"]): readonly ContentBlockParam[] =>
  typeof content === "string" ? [{ type: "text", text: content }] : content;

/**
 * Puts the steps of earlier runs back where their answers stand in a conversation, and the results of their tools before
 * those that the client brings.
 *
 * @throws ConnectError `MESSAGES_REQUEST_INVALID` for a block that was changed
 */
export function unsealSteps(messages: readonly MessageParam[]): MessageParam[] {
  let waiting: readonly ToolResultBlockParam[] = [];
  return messages.flatMap((message, index): MessageParam[] => {
    const steps = stepsIn(message, `messages.${index}`);
    if (steps !== undefined) {
      waiting = steps.results;
      return [...steps.messages];
    }
    if (waiting.length === 0 || message.role !== "user") return [message];
    const content = [...waiting, ...asBlocks(message.content)];
    waiting = [];
    return [{ role: "user", content }];
  });
}
