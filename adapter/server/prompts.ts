// Prompts of a catalog as MCP lists and gives them.
import type { CallContext, Prompt } from "../catalog.ts";
import { invalidParams, unknownName } from "./protocol-errors.ts";
import { type Contents, readResource } from "./resources.ts";
import type { View } from "./view.ts";

/** How `prompts/list` shows a prompt. */
export function describePrompt(prompt: Prompt) {
  const { name, title, description } = prompt;
  return { name, title, description, arguments: prompt.arguments.map(({ complete: _, ...shown }) => shown) };
}

function content(contents: Contents) {
  const { mimeType } = contents;
  if ("blob" in contents) {
    if (mimeType.startsWith("image/")) return { type: "image" as const, data: contents.blob, mimeType };
    if (mimeType.startsWith("audio/")) return { type: "audio" as const, data: contents.blob, mimeType };
  }
  return { type: "resource" as const, resource: contents };
}

/**
 * Gives a prompt with its arguments filled in and the resources that it attaches.
 *
 * @throws ProtocolError (-32602) for an unknown prompt, a missing argument, or an attachment that does not exist
 */
export async function getPrompt(view: View, name: string, args: Record<string, string>, context: CallContext) {
  const prompt = view.prompts.get(name);
  if (prompt === undefined) throw unknownName("prompt", name, view.prompts.keys());
  const text = fill(prompt, args);
  const attached = await Promise.all((prompt.attachments?.(args) ?? []).map((uri) => readResource(view, uri, context)));
  const contents = [{ type: "text" as const, text }, ...attached.flat().map(content)];
  return {
    description: prompt.description,
    messages: contents.map((it) => ({ role: "user" as const, content: it })),
  };
}

function fill(prompt: Prompt, args: Record<string, string>): string {
  try {
    return prompt.text(args);
  } catch (error) {
    if (error instanceof TypeError) throw invalidParams(error.message);
    throw error;
  }
}
