// MCP for a running desk or any gRPC server with reflection: over stdio for one client, or on a loopback port.
import { parseArgs } from "node:util";
import { Code } from "@connectrpc/connect";
import type { RemoteOptions } from "../runtime/calls/remote-transport.ts";
import { explained, untilAskedToEnd } from "../runtime/command.ts";
import { fail, reasonOf } from "../runtime/errors.ts";
import { listen } from "../runtime/http/listener.ts";
import type { Log } from "../runtime/log.ts";
import { buildCatalog } from "./catalog/build-catalog.ts";
import { reflectServices } from "./catalog/reflect.ts";
import type { Catalog } from "./catalog.ts";
import { createMcpEndpoint } from "./server/mcp-http.ts";
import type { ServerInfo, ServerOptions } from "./server/mcp-server.ts";
import { serveStdio } from "./server/mcp-stdio.ts";

const HELP = `npm run -s mcp [-- OPTIONS]
An MCP server on stdin and stdout. Its tools are those of the running desk; without one, of the desk in DATA_DIR.

  --url URL            the running desk (default: DESKWIRE_URL, else http://127.0.0.1:8080)
  --reflect URL        any gRPC server with reflection, in place of a desk
  --service a.b.C      only this service of it; may be given several times (default: all)
  --expose WHICH       annotated: methods with the option (deskwire.mcp.v1.tool), the default for a desk
                       all: every method that is not hidden, the default with --reflect
  --http [PORT]        serve Streamable HTTP at /mcp on a loopback port (default: any free one) in place of stdio
  -h, --help           this text`;

/** What the tools come from; closed when the last client has gone. */
type Source = AsyncDisposable & { readonly catalog: Catalog };

/** What the command is given beside its arguments. */
export interface McpCommand {
  readonly args: readonly string[];
  /** Where a running desk is looked for. */
  readonly url: string;
  /** How the running desk is talked to; a server given by --reflect is shown no key. */
  readonly remote?: RemoteOptions | undefined;
  readonly info: ServerInfo;
  /** How long a result may be, in tokens. Default: the catalog's. */
  readonly maxResultTokens?: number | undefined;
  readonly log?: Log | undefined;
  /** Opens the desk's own files, where no URL was given and no desk answers. Absent: that is an error. */
  readonly openDesk?: (() => Promise<Source>) | undefined;
}

function parse(args: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      url: { type: "string" },
      reflect: { type: "string" },
      service: { type: "string", multiple: true },
      expose: { type: "string" },
      http: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  const [port = "0", ...more] = positionals;
  const portIsWrong = values.http ? !/^\d{1,5}$/.test(port) || Number(port) > 65_535 : positionals.length > 0;
  if (portIsWrong || more.length > 0) throw misused(`What is ${positionals.join(" ")}? Only --http takes a port.`);
  const { expose = values.reflect ? "all" : "annotated" } = values;
  if (expose !== "annotated" && expose !== "all") throw misused(`--expose takes annotated or all, not ${expose}.`);
  if (values.url && values.reflect) throw misused("--url and --reflect exclude each other.");
  if (values.service && !values.reflect) throw misused("--service goes with --reflect.");
  for (const url of [values.url, values.reflect]) {
    if (url !== undefined && !/^https?:\/\//.test(url))
      throw misused(`${url} is no URL. Write http://127.0.0.1:50051.`);
  }
  return { ...values, expose, port: Number(port) } as const;
}

function misused(message: string) {
  return fail(Code.InvalidArgument, "USAGE", `${message} See --help.`);
}

async function openSource(options: ReturnType<typeof parse>, command: McpCommand): Promise<Source> {
  const { maxResultTokens, log } = command;
  const { expose, reflect, url = command.url } = options;
  try {
    const reflected = await reflectServices(reflect ?? url, {
      services: options.service ?? [],
      ...(reflect ? { ca: command.remote?.ca } : command.remote),
    });
    const catalog = buildCatalog({ ...reflected, expose, maxResultTokens, log });
    if (catalog.tools.length === 0) {
      const message = `${reflect ?? url} has no method with the option (deskwire.mcp.v1.tool). Use --expose all.`;
      throw fail(Code.FailedPrecondition, "NO_TOOLS", message);
    }
    return { catalog, [Symbol.asyncDispose]: async () => reflected.transport.close() };
  } catch (error) {
    const isAbsent = reasonOf(error) === "REFLECTION_FAILED" && !reflect && !options.url;
    if (!isAbsent || command.openDesk === undefined) throw reflect ? error : explained(error, url);
    return command.openDesk();
  }
}

async function serveHttp(options: ServerOptions, port: number): Promise<void> {
  const endpoint = createMcpEndpoint(options);
  const routes = { "/mcp": endpoint.handler };
  const allowed = { allowedOrigins: [], allowedHosts: [] };
  await using listener = await listen({ host: "127.0.0.1", port, services: [], routes, ...allowed, log: options.log });
  console.log(`MCP at ${listener.url}/mcp`);
  await untilAskedToEnd();
  await endpoint.close();
}

/**
 * Runs the command until its client or a signal ends it.
 *
 * @throws ConnectError `USAGE` for arguments that make no sense, `REFLECTION_FAILED` where nobody answers at a given URL,
 *   `NO_TOOLS` where nothing is exposed
 */
export async function runMcp(command: McpCommand): Promise<void> {
  const options = parse(command.args);
  if (options.help) return console.log(HELP);
  await using source = await openSource(options, command);
  const { info, log } = command;
  if (options.http) await serveHttp({ catalog: source.catalog, info, log }, options.port);
  else await serveStdio({ catalog: source.catalog, info, log });
}
