// From a request to a run: the model that is meant, the desk's system prompt, the ticket, the tools as the model sees them.
import type { ToolChoice } from "@anthropic-ai/sdk/resources/messages";
import type { Catalog } from "../adapter/catalog.ts";
import type { HttpRequest } from "../runtime/http/http-port.ts";
import type { Caller } from "../runtime/identity/caller.ts";
import { newId } from "./answer.ts";
import { ticketOf } from "./confinement.ts";
import { ALL_TOOLS, type Toolbox } from "./expand-tools.ts";
import type { MessagesRequest, ModelParams } from "./messages.ts";
import type { Run } from "./run.ts";
import { unsealSteps } from "./sealed.ts";
import { type SystemPrompt, systemBlocks } from "./system-prompt.ts";

/** Which model answers. */
export interface Models {
  /** Where the client names none. */
  readonly usual: string;
  /** Names that clients use, and what is asked for in their place. */
  readonly aliases: ReadonlyMap<string, string>;
}

/** What a run is made from. */
export interface RunSources {
  readonly request: MessagesRequest;
  readonly headers: HttpRequest["headers"];
  readonly caller: Caller;
  readonly toolbox: Toolbox;
  readonly catalog: Catalog;
  readonly models: Models;
  readonly systemPrompt: SystemPrompt;
}

/** By this header writes are recorded in place of being made. */
const DRY_RUN_HEADER = "deskwire-dry-run";

/** Where the client says nothing. Every model takes as many. */
const USUAL_MAX_TOKENS = 4_096;

/** Headers of the client that are for the model's API: the version that it speaks, and what it wants of features under trial. */
const MODEL_HEADERS = ["anthropic-version", "anthropic-beta"];

/** The headers that go on to the model's API. */
export function modelHeaders(headers: HttpRequest["headers"]): Record<string, string> {
  const given = MODEL_HEADERS.map((name) => [name, headers[name]] as const);
  return Object.fromEntries(given.flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])));
}

function choiceOf(choice: ToolChoice | undefined): ToolChoice | undefined {
  if (choice?.type !== "tool" || choice.name !== ALL_TOOLS) return choice;
  const { disable_parallel_tool_use } = choice;
  return { type: "any", ...(disable_parallel_tool_use && { disable_parallel_tool_use }) };
}

function metadataOf({ metadata }: MessagesRequest) {
  if (metadata === undefined) return undefined;
  const { ticket_id: _, ...rest } = metadata;
  return Object.keys(rest).length > 0 ? rest : undefined;
}

function paramsOf({ request, toolbox, catalog, models, systemPrompt }: RunSources): ModelParams {
  const { messages: _, stream: __, system: caller, tools: ___, metadata: ____, tool_choice, ...rest } = request;
  const { model = models.usual, max_tokens = USUAL_MAX_TOKENS } = request;
  // The desk speaks where its tools are at work; else this is a way to the model and nothing more.
  const desk = toolbox.ours.size > 0 ? [systemPrompt(), catalog.instructions] : [];
  const system = systemBlocks(desk, caller);
  const choice = choiceOf(tool_choice);
  const metadata = metadataOf(request);
  return {
    ...rest,
    ...{ model: models.aliases.get(model) ?? model, max_tokens },
    ...(system.length > 0 && { system }),
    ...(toolbox.definitions.length > 0 && { tools: toolbox.definitions }),
    ...(choice && { tool_choice: choice }),
    ...(metadata && { metadata }),
  };
}

/**
 * Makes the run of a request.
 *
 * @throws ConnectError `MESSAGES_REQUEST_INVALID` for a ticket that is none, and for steps of the desk that were changed
 */
export function startRun(sources: RunSources): Run {
  const { request, headers, caller } = sources;
  const messages = unsealSteps(request.messages);
  return {
    id: newId("run"),
    principal: caller.principal,
    scopes: caller.scopes && [...caller.scopes],
    client: caller.client,
    ticket: ticketOf(request, headers, caller),
    theirs: [...sources.toolbox.theirs],
    dryRun: headers[DRY_RUN_HEADER] === "true",
    params: paramsOf(sources),
    messages,
    base: messages.length,
    ...{ turns: 0, ms: 0, usage: {}, tools: [], drafts: [], approvals: [], results: [] },
    ...{ lastStop: null, stopSequence: null },
  };
}
