// A catalog as an MCP server: which request is answered by what.

import { Server, type ServerCapabilities, type ServerContext } from "@modelcontextprotocol/server";
import { AjvJsonSchemaValidator } from "@modelcontextprotocol/server/validators/ajv";
import { type Caller, clientName } from "../../runtime/identity/caller.ts";
import { type Log, logToStderr } from "../../runtime/log.ts";
import type { Catalog, JsonObject } from "../catalog.ts";
import { type Call, createCall } from "./call-context.ts";
import { completeArgument, hasCompletion } from "./completion.ts";
import { withDecision } from "./elicitation.ts";
import { type McpStats, observed } from "./observe.ts";
import { describePrompt, getPrompt } from "./prompts.ts";
import { invalidParams, sealed } from "./protocol-errors.ts";
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

/** Makes a server for one request or one session; servers are never shared between callers. */
export type ServerFactory = (callerOf: (context: ServerContext) => Caller) => Server;

/** Headers that say who calls: credentials, which are for this server alone, and what only this server may say. */
const IDENTITY = /^(authorization|proxy-authorization|cookie|deskwire-.*)$/;

/** How long a client may keep a list: the catalog is fixed while the process lives. */
const LIST_TTL_MS = 300_000;

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
export function createServerFactory(options: ServerOptions): ServerFactory {
  const { catalog, info, log = logToStderr, stats = new Map() } = options;
  const forwarded = (options.forwardHeaders ?? []).map((name) => name.toLowerCase());
  const identity = forwarded.find((name) => IDENTITY.test(name));
  if (identity !== undefined) throw new TypeError(`The header ${identity} says who calls: it is never forwarded.`);
  const viewOf = createViews(catalog);
  const capabilities = capabilitiesOf(viewOf(undefined));
  const prompts = catalog.prompts.map(describePrompt);

  return (callerOf) => {
    const server = new Server(
      { ...info },
      {
        capabilities,
        instructions: catalog.instructions,
        cacheHints,
        jsonSchemaValidator,
      },
    );
    const view = (context: ServerContext): View => viewOf(callerOf(context).scopes);
    const call = (context: ServerContext): Call => {
      const { name, version } = server.getClientVersion() ?? {};
      const client = clientName(name && `${name} ${version ?? ""}`.trim());
      return createCall(context, { ...callerOf(context), ...(client && { client }) }, forwarded, log);
    };

    const recorded = <Request, Result>(
      method: string,
      handle: (request: Request, context: ServerContext) => Result | Promise<Result>,
      targetOf?: (request: Request, context: ServerContext) => string | undefined,
    ) => observed(method, sealed(handle, log), stats, targetOf);

    server.setRequestHandler(
      "tools/list",
      recorded("tools/list", ({ params }, context) => ({
        tools: wholeList(view(context).definitions, params?.cursor) as never,
      })),
    );
    server.setRequestHandler(
      "tools/call",
      recorded(
        "tools/call",
        async ({ params: { name, arguments: args = {} } }, context) => {
          const tool = view(context).tools.get(name);
          if (tool === undefined) throw invalidParams(`Unknown tool: ${name}. tools/list names those there are.`);
          const { context: callContext, progressSent } = call(context);
          const result = await tool.call(args, callContext);
          await progressSent();
          const asked = { server, context, tool, args: args as JsonObject, call: callContext };
          return (await withDecision(asked, result)) as never;
        },
        ({ params: { name } }, context) => (view(context).tools.has(name) ? name : undefined),
      ),
    );
    if (capabilities.resources) {
      server.setRequestHandler(
        "resources/list",
        recorded("resources/list", ({ params }, context) => ({
          resources: wholeList(view(context).resources, params?.cursor) as never,
        })),
      );
      server.setRequestHandler(
        "resources/templates/list",
        recorded("resources/templates/list", ({ params }, context) => ({
          resourceTemplates: wholeList(view(context).templates, params?.cursor) as never,
        })),
      );
      server.setRequestHandler(
        "resources/read",
        recorded("resources/read", async ({ params }, context) => ({
          contents: await readResource(view(context), params.uri, call(context).context),
        })),
      );
    }
    if (capabilities.prompts) {
      server.setRequestHandler(
        "prompts/list",
        recorded("prompts/list", ({ params }) => ({ prompts: wholeList(prompts, params?.cursor) })),
      );
      server.setRequestHandler(
        "prompts/get",
        recorded(
          "prompts/get",
          ({ params }, context) => getPrompt(view(context), params.name, params.arguments ?? {}, call(context).context),
          ({ params }, context) => (view(context).prompts.has(params.name) ? params.name : undefined),
        ),
      );
    }
    if (capabilities.completions) {
      server.setRequestHandler(
        "completion/complete",
        recorded("completion/complete", ({ params }, context) =>
          completeArgument(view(context), params, call(context).context),
        ),
      );
    }
    return server;
  };
}
