// What the Messages API refuses, as its reference states it, so that whatever passes here is a conversation that it would take.
import type { Block } from "./script.ts";

const FIELDS = [
  ...["model", "max_tokens", "messages", "system", "tools", "tool_choice", "stream", "metadata", "stop_sequences"],
  ...["thinking", "container", "service_tier", "output_config", "cache_control"],
];
const VERSIONS = ["2023-06-01", "2026-10-21"];
/** Gone since 2026-10-21. */
const SAMPLING = ["temperature", "top_p", "top_k"];
const TOOL_NAME = /^[a-zA-Z0-9_-]{1,128}$/;
const ROOT_UNIONS = ["oneOf", "anyOf", "allOf"];

type Fields = Readonly<Record<string, unknown>>;

function blocksOf(content: unknown, at: string): string | readonly Block[] {
  if (typeof content === "string") return content === "" ? `${at}: must have non-empty content` : [];
  if (!Array.isArray(content) || content.length === 0) return `${at}: must have non-empty content`;
  return content as Block[];
}

function wrongBlock(block: Block, at: string): string | undefined {
  if (block.type === "text" && !block.text) return `${at}: text content blocks must be non-empty`;
  if (block.type === "redacted_thinking" && !/^[A-Za-z0-9+/=]{16,}$/.test(String(block.data))) {
    return `${at}.redacted_thinking: invalid data`;
  }
  if (block.type === "tool_use" && (typeof block.input !== "object" || block.input === null)) {
    return `${at}.tool_use.input: Input should be a valid dictionary`;
  }
  return undefined;
}

/** Every use of a tool is answered in the next message, first of all, and nothing else is answered there. */
function wrongMessages(messages: readonly Fields[]): string | undefined {
  let open = new Set<string>();
  for (const [index, { role, content, ...rest }] of messages.entries()) {
    const at = `messages.${index}`;
    if (role !== "user" && role !== "assistant") return `${at}.role: unexpected role`;
    if (Object.keys(rest).length > 0) return `${at}.${Object.keys(rest)[0]}: Extra inputs are not permitted`;
    const blocks = blocksOf(content, at);
    if (typeof blocks === "string") return blocks;
    for (const [position, block] of blocks.entries()) {
      const wrong = wrongBlock(block, `${at}.content.${position}`);
      if (wrong) return wrong;
    }
    const results = blocks.filter(({ type }) => type === "tool_result");
    if (blocks.slice(0, results.length).some(({ type }) => type !== "tool_result")) {
      return `${at}: tool_result blocks must come first`;
    }
    for (const { tool_use_id = "" } of results) {
      if (!open.delete(tool_use_id)) return `${at}: unexpected tool_use_id ${tool_use_id} found in tool_result blocks`;
    }
    if (open.size > 0) return `${at}: tool_use ids were found without tool_result blocks: ${[...open].join(", ")}`;
    const used = blocks.flatMap(({ type, id }) => (type === "tool_use" && id ? [id] : []));
    if (role === "user" && used.length > 0) return `${at}: tool_use blocks can only be in assistant messages`;
    open = new Set(used);
  }
  if (open.size > 0) return "messages: tool_use ids were found without tool_result blocks";
  return messages[0]?.role === "user" ? undefined : "messages: first message must use the user role";
}

function wrongTools(tools: readonly Fields[]): string | undefined {
  const names = new Set<unknown>();
  for (const [index, { name, type = "custom", input_schema }] of tools.entries()) {
    const at = `tools.${index}`;
    if (!TOOL_NAME.test(String(name))) return `${at}.name: String should match pattern '${TOOL_NAME.source}'`;
    if (names.has(name)) return "tools: Tool names must be unique.";
    names.add(name);
    if (type !== "custom") continue;
    const schema = input_schema as Fields | undefined;
    if (schema?.type !== "object") return `${at}.custom.input_schema: Field required`;
    const union = ROOT_UNIONS.find((keyword) => keyword in schema);
    if (union) return `${at}.custom.input_schema: input_schema does not support ${union} at the top level`;
  }
  return undefined;
}

/** What is wrong with a request, by its body and its `anthropic-version`; undefined where nothing is. */
export function wrongWith(body: unknown, version: unknown): string | undefined {
  if (version === undefined) return "anthropic-version: header is required";
  if (!VERSIONS.includes(String(version))) return `anthropic-version: ${version} is not a valid version`;
  if (typeof body !== "object" || body === null) return "The body is not an object";
  const request = body as Fields;
  const known = version === "2023-06-01" ? [...FIELDS, ...SAMPLING] : FIELDS;
  const extra = Object.keys(request).find((name) => !known.includes(name));
  if (extra) return `${extra}: Extra inputs are not permitted`;
  if (typeof request.model !== "string" || request.model === "") return "model: Field required";
  if (!Number.isInteger(request.max_tokens)) return "max_tokens: Field required";
  if (!Array.isArray(request.messages) || request.messages.length === 0) return "messages: Field required";
  const metadata = Object.keys((request.metadata as Fields | undefined) ?? {}).find((name) => name !== "user_id");
  if (metadata) return `metadata.${metadata}: Extra inputs are not permitted`;
  return wrongMessages(request.messages) ?? wrongTools((request.tools as Fields[] | undefined) ?? []);
}
