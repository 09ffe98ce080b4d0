// A small catalog by hand, so that the protocol side is tested without any service behind it.
import { EventEmitter, once } from "node:events";
import type { CallContext, Catalog, JsonObject, Tool, ToolResult } from "../../adapter/catalog.ts";
import { CallStats } from "../../runtime/telemetry/call-stats.ts";

/** What the fixture's tools went through: `started:<label>` and `aborted:<label>` for each slow call. */
export const events = new EventEmitter();

/** The contexts of the calls of `echo`, newest last. */
export const seen: CallContext[] = [];

function result(value: JsonObject, isError = false): ToolResult {
  const content = [{ type: "text", text: JSON.stringify(value) }] as const;
  return { content, structuredContent: value, ...(isError && { isError }) };
}

function tool(name: string, call: Tool["call"], rest: Partial<Tool> & { readOnly?: boolean } = {}): Tool {
  const title = name.replaceAll("_", " ");
  return {
    name,
    definition: {
      name,
      title,
      description: `The fixture's ${title}.`,
      inputSchema: { type: "object", properties: { label: { type: "string", description: "Any label." } } },
      outputSchema: { type: "object", properties: {} },
      annotations: {
        title,
        readOnlyHint: true,
        destructiveHint: false,
        idempotentHint: true,
        openWorldHint: false,
      },
    },
    calls: new CallStats(name),
    call,
    ...rest,
  };
}

const label = (args: unknown) => (args as { label?: string }).label ?? "";

async function untilAborted(name: string, signal: AbortSignal): Promise<ToolResult> {
  events.emit(`started:${name}`);
  if (!signal.aborted) await once(signal, "abort");
  events.emit(`aborted:${name}`);
  return result({ error: { code: "canceled" } }, true);
}

const templates = ["note://{note_id}"];

/** An echo, a slow tool, one with progress, a failing one, a guarded one, a broken one; a template and a prompt. */
export const fixtureCatalog: Catalog = {
  instructions: "A fixture. Call echo.",
  tools: [
    tool("echo", async (args, context) => {
      seen.push(context);
      return result({ echo: args as JsonObject });
    }),
    tool("slow", async (args, { signal }) => untilAborted(label(args), signal)),
    tool(
      "slow_progress",
      async (args, { signal, progress }) => {
        progress?.(1, { started: label(args) });
        return untilAborted(label(args), signal);
      },
      { reportsProgress: true },
    ),
    tool(
      "progress",
      async (args, { progress }) => {
        for (const count of [1, 2, 2, 1, 3]) progress?.(count, { label: label(args), count });
        return result({ label: label(args), reported: progress !== undefined });
      },
      { reportsProgress: true },
    ),
    tool("failing", async () => result({ error: { code: "failed_precondition", message: "Reopen it first." } }, true)),
    tool("guarded", async () => result({ secret: 42 }), { scope: "notes:admin" }),
    tool("broken", async () => {
      throw new Error("password=hunter2");
    }),
  ],
  resources: [
    {
      uriTemplate: templates[0] ?? "",
      name: "note",
      title: "A note",
      description: "One note.",
      variables: [
        { name: "note_id", complete: async (typed) => ["N-1", "N-2", "M-1"].filter((id) => id.startsWith(typed)) },
      ],
      read: (uri) => {
        const id = /^note:\/\/([^/]+)$/.exec(uri)?.[1];
        if (id === undefined) return undefined;
        const missing = { error: { code: "not_found", message: `There is no note ${id}.` } };
        return Promise.resolve(id.startsWith("N-") ? result({ id, body: "Hello" }) : result(missing, true));
      },
    },
    {
      uriTemplate: "picture://logo",
      name: "logo",
      title: "The logo",
      description: "A picture.",
      mimeType: "image/png",
      scope: "notes:admin",
      variables: [],
      read: (uri) =>
        uri === "picture://logo"
          ? Promise.resolve({
              content: [
                { type: "text", text: "{}" },
                { type: "image", data: "iVBORw0KGgo=", mimeType: "image/png" },
              ],
              structuredContent: {},
            })
          : undefined,
    },
  ],
  prompts: [
    {
      name: "summarise",
      title: "Summarise a note",
      description: "Sums a note up.",
      arguments: [
        { name: "note_id", description: "The note.", required: true, complete: async (typed) => [`${typed}-1`] },
        { name: "tone", description: "How to write.", required: false },
      ],
      text: ({ note_id, tone = "dry" }) => {
        if (note_id === undefined) throw new TypeError("Missing argument: note_id");
        return `Summarise ${note_id}, ${tone}.`;
      },
      attachments: ({ note_id }) => [`note://${note_id}`],
    },
  ],
};
