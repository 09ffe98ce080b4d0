// From the tools that a client names to the definitions that the model sees: the desk's own, generated ones, and the client's.
import type { Tool as ToolParam, ToolUnion } from "@anthropic-ai/sdk/resources/messages";
import type { Tool } from "../adapter/catalog.ts";
import { nearest } from "../runtime/nearest.ts";
import { invalidRequest, type RequestedTool } from "./messages.ts";

/** The name that stands for all of the desk's tools. */
export const ALL_TOOLS = "support";

/** The tools of a run. */
export interface Toolbox {
  /** What the model is shown, in the order in which the client named it. */
  readonly definitions: readonly ToolUnion[];
  /** The desk's tools among them, which the gateway calls. */
  readonly ours: ReadonlyMap<string, Tool>;
  /** Names of the client's own tools, which are handed back. */
  readonly theirs: ReadonlySet<string>;
}

const hasOwnShape = (tool: RequestedTool) =>
  tool.input_schema !== undefined || (tool.type !== undefined && tool.type !== "custom");

function definitionOf({ definition }: Tool): ToolParam {
  const { name, description, inputSchema } = definition;
  return { name, description, input_schema: inputSchema as ToolParam.InputSchema };
}

function named(name: string, index: number, offered: ReadonlyMap<string, Tool>): readonly Tool[] {
  if (name === ALL_TOOLS) return [...offered.values()];
  const tool = offered.get(name);
  if (tool) return [tool];
  const near = nearest(name, [ALL_TOOLS, ...offered.keys()]);
  const guess = near ? ` Did you mean ${near}?` : "";
  throw invalidRequest(
    `tools.${index}.name`,
    `${name} is no tool of the desk.${guess} Name ${ALL_TOOLS} for all of them, or one of ${[...offered.keys()].join(", ")}; a tool of your own needs its input_schema.`,
  );
}

/**
 * Expands what a client names: `support` to every tool that the caller may use, a tool's name to that one. Tools with an
 * `input_schema` are the client's own and tools with a `type` the model API's, and both pass through.
 *
 * @param offered the desk's tools that the caller's scopes open
 * @throws ConnectError `MESSAGES_REQUEST_INVALID` for a name that is neither, and for a name that two tools would have
 */
export function expandTools(requested: readonly RequestedTool[], offered: ReadonlyMap<string, Tool>): Toolbox {
  const definitions = new Map<string, ToolUnion>();
  const ours = new Map<string, Tool>();
  const theirs = new Set<string>();
  for (const [index, tool] of requested.entries()) {
    const { name = "" } = tool;
    if (hasOwnShape(tool)) {
      theirs.add(name);
      definitions.set(name || `tools.${index}`, tool as unknown as ToolUnion);
      continue;
    }
    for (const own of named(name, index, offered)) {
      ours.set(own.name, own);
      definitions.set(own.name, definitionOf(own));
    }
  }
  const twice = [...theirs].find((name) => ours.has(name));
  if (twice) throw invalidRequest("tools", `${twice} is a tool of the desk as well. Give yours another name.`);
  return { definitions: [...definitions.values()], ours, theirs };
}
