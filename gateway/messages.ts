// The request of the Messages API as the gateway reads it: what it acts on is checked here, the rest passes through to the model's API.
import type { MessageParam, TextBlockParam, ToolChoice, ToolUnion } from "@anthropic-ai/sdk/resources/messages";
import { Code, type ConnectError } from "@connectrpc/connect";
import { fail } from "../runtime/errors.ts";

/** A tool as a client names it: one of the desk's by name alone, or one that passes through. */
export type RequestedTool = { readonly name?: string; readonly type?: string; readonly [field: string]: unknown };

/** The body of `POST /v1/messages`. */
export interface MessagesRequest {
  readonly messages: readonly MessageParam[];
  readonly model?: string;
  readonly max_tokens?: number;
  readonly system?: string | readonly TextBlockParam[];
  readonly tools?: readonly RequestedTool[];
  readonly tool_choice?: ToolChoice;
  readonly stream?: boolean;
  readonly metadata?: { readonly ticket_id?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** What the model's API takes, apart from the conversation. */
export interface ModelParams {
  readonly model: string;
  readonly max_tokens: number;
  readonly system?: readonly TextBlockParam[];
  readonly tools?: readonly ToolUnion[];
  readonly tool_choice?: ToolChoice;
  readonly [field: string]: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

/** Makes the error for a request that is wrong at a place, such as `messages.0.role`. */
export function invalidRequest(path: string, problem: string): ConnectError {
  return fail(Code.InvalidArgument, "MESSAGES_REQUEST_INVALID", path ? `${path}: ${problem}` : problem);
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function assertBlocks(value: unknown, path: string): void {
  if (!Array.isArray(value)) throw invalidRequest(path, "must be a string or a list of content blocks.");
  const wrong = value.findIndex((block) => !isFields(block) || typeof block.type !== "string");
  if (wrong >= 0) throw invalidRequest(`${path}.${wrong}`, "must be a content block: an object with a type.");
}

function assertMessages(value: unknown): void {
  if (!Array.isArray(value) || value.length === 0) {
    throw invalidRequest(
      "messages",
      'is needed: a list such as [{"role": "user", "content": "Handle ticket TKT-1001."}].',
    );
  }
  for (const [index, message] of value.entries()) {
    const path = `messages.${index}`;
    if (!isFields(message)) throw invalidRequest(path, "must be an object with role and content.");
    if (!["user", "assistant", "system"].includes(String(message.role))) {
      throw invalidRequest(`${path}.role`, "must be user or assistant. Instructions belong into the field system.");
    }
    if (typeof message.content !== "string") assertBlocks(message.content, `${path}.content`);
  }
}

function assertTools(value: unknown): void {
  if (!Array.isArray(value)) throw invalidRequest("tools", 'must be a list such as [{"name": "support"}].');
  for (const [index, tool] of value.entries()) {
    const named = isFields(tool) && (typeof tool.name === "string" || typeof tool.type === "string");
    if (!named) throw invalidRequest(`tools.${index}`, 'must be an object with a name, such as {"name": "support"}.');
  }
}

/** Checks of single fields, where they are present. */
const CHECKS: Readonly<Record<string, { readonly holds: (value: unknown) => boolean; readonly rule: string }>> = {
  model: {
    holds: (it) => typeof it === "string" && it !== "",
    rule: "must be the name of a model. Leave it out for the desk's own.",
  },
  max_tokens: {
    holds: (it) => Number.isInteger(it) && Number(it) >= 0,
    rule: "must be a whole number. Leave it out for the usual one.",
  },
  stream: { holds: (it) => typeof it === "boolean", rule: "must be true or false." },
  tool_choice: {
    holds: (it) => isFields(it) && typeof it.type === "string",
    rule: 'must be an object with a type, such as {"type": "auto"}.',
  },
  metadata: { holds: isFields, rule: "must be an object." },
};

/**
 * Reads the body of a request.
 *
 * @throws ConnectError `MESSAGES_REQUEST_INVALID` naming the field and what is allowed
 */
export function readRequest(body: unknown): MessagesRequest {
  if (!isFields(body)) throw invalidRequest("", "The body must be a JSON object with messages.");
  assertMessages(body.messages);
  for (const [name, { holds, rule }] of Object.entries(CHECKS)) {
    if (body[name] !== undefined && !holds(body[name])) throw invalidRequest(name, rule);
  }
  if (body.tools !== undefined) assertTools(body.tools);
  if (body.system !== undefined && typeof body.system !== "string") assertBlocks(body.system, "system");
  return body as unknown as MessagesRequest;
}
