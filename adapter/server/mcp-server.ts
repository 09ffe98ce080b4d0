// A catalog as an MCP server: which request is answered by what.

import {
  type CallToolRequestParams,
  type CompleteRequestParams,
  type GetPromptRequestParams,
  type InputRequiredResult,
  type PaginatedRequestParams,
  type ReadResourceRequestParams,
  type RequestMethod,
  Server,
  type ServerCapabilities,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { AjvJsonSchemaValidator } from "@modelcontextprotocol/server/validators/ajv";
import type { Caller } from "../../runtime/identity/caller.ts";
import { type Log, logToStderr } from "../../runtime/log.ts";
import { MINUTE_MS } from "../../runtime/time-units.ts";
import type { Catalog, JsonObject, Tool, ToolResult } from "../catalog.ts";
import { createCall } from "./call-context.ts";
import { completeArgument, hasCompletion } from "./completion.ts";
import { withDecision } from "./elicitation.ts";
import { type McpStats, observed } from "./observe.ts";
import { describePrompt, getPrompt } from "./prompts.ts";
import { invalidParams, sealed, unknownName } from "./protocol-errors.ts";
import { type RequestContext, requestContext } from "./request-context.ts";
import { readResource } from "./resources.ts";
import { createViews, type View } from "./view.ts";

/** How the server names itself to clients (MCP `Implementation`). */
export interface ServerInfo {
  readonly name: string;
  readonly version: string;
  readonly title?: string;
}

/** What is behind every server of one endpoint. */
export interface ServerOptions {
  readonly catalog: Catalog;
  readonly info: ServerInfo;
  /** Names of HTTP headers that travel to the services beside the trace context. None unless given. */
  readonly forwardHeaders?: readonly string[] | undefined;
  readonly log?: Log | undefined;
  /** Where requests are counted. */
  readonly stats?: McpStats | undefined;
}

/** What every request to one endpoint is answered by. */
export interface McpServers {
  /** Makes a server for one request or one session; servers are never shared between callers. */
  create(callerOf: (context: ServerContext) => Caller): Server;
  /** Answers `tools/call` as those servers do, for whoever has taken the request in without one. */
  callTool(params: CallToolRequestParams, context: RequestContext): Promise<ToolResult | InputRequiredResult>;
  /** The tool that a caller knows by a name. */
  findTool(name: string, caller: Caller): Tool | undefined;
}

type Answer = (params: never, context: RequestContext) => Promise<unknown>;
type Listing = PaginatedRequestParams | undefined;

/** Headers that say who calls: credentials, which are for this server alone, and what only this server may say. */
const IDENTITY = /^(authorization|proxy-authorization|cookie|deskwire-.*)$/;

/** How long a client may keep a list: the catalog is fixed while the process lives. */
const LIST_TTL_MS = 5 * MINUTE_MS;

// Private, since what is listed depends on the caller's scopes.
const LIST_HINT = { ttlMs: LIST_TTL_MS, cacheScope: "private" } as const;
const cacheHints = {
  "server/discover": LIST_HINT,
  "tools/list": LIST_HINT,
  "resources/list": LIST_HINT,
  "resources/templates/list": LIST_HINT,
  "prompts/list": LIST_HINT,
};

// One for all: it holds no caller's data, and a new one for each server costs time.
const jsonSchemaValidator = new AjvJsonSchemaValidator();

function capabilitiesOf(view: View): ServerCapabilities {
  return {
    tools: {},
    ...(view.readable.length > 0 && { resources: {} }),
    ...(view.prompts.size > 0 && { prompts: {} }),
    ...(hasCompletion(view) && { completions: {} }),
  };
}

function wholeList<List>(list: List, cursor: string | undefined): List {
  if (cursor !== undefined) throw invalidParams("Unknown cursor: the list comes whole, on its first page.");
  return list;
}

/**
 * Prepares servers for a catalog: whatever does not depend on the caller is made here, once.
 *
 * @throws TypeError where `forwardHeaders` names a header that says who calls
 */
export function createMcpServers(options: ServerOptions): McpServers {
  const { catalog, info, log = logToStderr, stats = new Map() } = options;
  const forwarded = (options.forwardHeaders ?? []).map((name) => name.toLowerCase());
  const identity = forwarded.find((name) => IDENTITY.test(name));
  if (identity !== undefined) throw new TypeError(`The header ${identity} says who calls: it is never forwarded.`);
  const viewOf = createViews(catalog);
  const capabilities = capabilitiesOf(viewOf(undefined));
  const prompts = catalog.prompts.map(describePrompt);

  const view = ({ caller }: RequestContext): View => viewOf(caller.scopes);
  const call = (context: RequestContext) => createCall(context, forwarded, log);
  const recorded = <Params, Result>(
    method: string,
    handle: (params: Params, context: RequestContext) => Result | Promise<Result>,
    targetOf?: (params: Params, context: RequestContext) => string | undefined,
  ) => observed(method, sealed(handle, log), stats, targetOf);

  const callTool: McpServers["callTool"] = recorded(
    "tools/call",
    async ({ name, arguments: args = {} }, context) => {
      const { tools } = view(context);
      const tool = tools.get(name);
      if (tool === undefined) throw unknownName("tool", name, tools.keys());
      const { context: callContext, progressSent } = call(context);
      const result = await tool.call(args, callContext);
      await progressSent();
      return withDecision({ context, tool, args: args as JsonObject, call: callContext }, result);
    },
    ({ name }, context) => (view(context).tools.has(name) ? name : undefined),
  );

  // Typed by hand: what a catalog holds is MCP's own form, its fields read-only.
  const answers: Partial<Record<RequestMethod, Answer>> = {
    "tools/list": recorded("tools/list", (params: Listing, context) => ({
      tools: wholeList(view(context).definitions(), params?.cursor),
    })),
    "tools/call": callTool,
    ...(capabilities.resources && {
      "resources/list": recorded("resources/list", (params: Listing, context) => ({
        resources: wholeList(view(context).resources, params?.cursor),
      })),
      "resources/templates/list": recorded("resources/templates/list", (params: Listing, context) => ({
        resourceTemplates: wholeList(view(context).templates, params?.cursor),
      })),
      "resources/read": recorded("resources/read", async ({ uri }: ReadResourceRequestParams, context) => ({
        contents: await readResource(view(context), uri, call(context).context),
      })),
    }),
    ...(capabilities.prompts && {
      "prompts/list": recorded("prompts/list", (params: Listing) => ({
        prompts: wholeList(prompts, params?.cursor),
      })),
      "prompts/get": recorded(
        "prompts/get",
        ({ name, arguments: args = {} }: GetPromptRequestParams, context) =>
          getPrompt(view(context), name, args, call(context).context),
        ({ name }, context) => (view(context).prompts.has(name) ? name : undefined),
      ),
    }),
    ...(capabilities.completions && {
      "completion/complete": recorded("completion/complete", (params: CompleteRequestParams, context) =>
        completeArgument(view(context), params, call(context).context),
      ),
    }),
  };

  return {
    create(callerOf) {
      const { instructions } = catalog;
      const server = new Server({ ...info }, { capabilities, instructions, cacheHints, jsonSchemaValidator });
      for (const [method, answer] of Object.entries(answers)) {
        server.setRequestHandler(
          method as RequestMethod,
          ({ params }, context) => answer(params as never, requestContext(server, context, callerOf(context))) as never,
        );
      }
      return server;
    },
    callTool,
    findTool: (name, { scopes }) => viewOf(scopes).tools.get(name),
  };
}
