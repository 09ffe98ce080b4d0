// MCP over Streamable HTTP, for 2026-07-28 (stateless) and for the revisions before it (sessions), on one path.
import { Code, ConnectError } from "@connectrpc/connect";
import { createMcpHandler, isJsonContentType, isLegacyRequest, type ServerContext } from "@modelcontextprotocol/server";
import type { HttpRequest, HttpResponse } from "../../runtime/http/http-port.ts";
import { readBody, textOf } from "../../runtime/http/read-body.ts";
import { type Caller, type Identify, localCaller } from "../../runtime/identity/caller.ts";
import { logToStderr } from "../../runtime/log.ts";
import { MINUTE_MS } from "../../runtime/time-units.ts";
import { isGone, type PlainAnswer, sendPlain, sendResponse, toRequest } from "./http-bridge.ts";
import { createMcpServers, type ServerOptions } from "./mcp-server.ts";
import { plainAnswers } from "./plain-answers.ts";
import { readPlainCall } from "./plain-call.ts";
import { errorResponse, isTooDeep, TOO_DEEP } from "./protocol-errors.ts";
import { createSessions, type SessionLimits } from "./sessions.ts";

/** What an MCP endpoint over HTTP is made of. */
export interface McpEndpointOptions extends ServerOptions, Partial<SessionLimits> {
  /** Makes out the caller. Absent: every caller is the local one. */
  readonly identify?: Identify | undefined;
  /** Bytes that the body of a request may have. Default: 4 MiB. */
  readonly maxBodyBytes?: number | undefined;
}

/** An MCP endpoint, to be mounted on a path of an HTTP/1.1 or HTTP/2 server. */
export interface McpEndpoint {
  /** Serves one request. The server in front must have checked Host and Origin (MCP transports, security warning). */
  handler(request: HttpRequest, response: HttpResponse): void;
  /** Ends all sessions and calls in flight. */
  close(): Promise<void>;
}

const METHODS = ["POST", "GET", "DELETE"];

const STATUS = new Map([
  [Code.Unauthenticated, 401],
  [Code.PermissionDenied, 403],
  [Code.ResourceExhausted, 429],
  [Code.Unavailable, 503],
]);

function refusal(error: ConnectError, status: number): Response {
  const challenge = error.metadata.get("www-authenticate") ?? (status === 401 ? "Bearer" : undefined);
  const retryAfter = error.metadata.get("retry-after");
  return errorResponse(status, -32000, error.rawMessage, {
    ...(challenge && { "www-authenticate": challenge }),
    ...(retryAfter && { "retry-after": retryAfter }),
  });
}

/** Makes an MCP endpoint for a catalog (MCP specification, Streamable HTTP). */
export function createMcpEndpoint(options: McpEndpointOptions): McpEndpoint {
  const { identify, log = logToStderr, maxBodyBytes = 4 * 1024 * 1024 } = options;
  const limits = { maxSessions: options.maxSessions ?? 1_000, sessionIdleMs: options.sessionIdleMs ?? 30 * MINUTE_MS };

  // By request, not by session: what a caller may do can change while its session lives.
  const callers = new WeakMap<Request, Caller>();
  const callerOf = ({ http }: ServerContext): Caller => {
    const caller = http?.req && callers.get(http.req);
    if (caller === undefined) throw new Error("A request without a caller reached the MCP server.");
    return caller;
  };

  const servers = createMcpServers(options);
  const onerror = (error: Error) => log("MCP request refused or failed", { error }, "info");
  const sessions = createSessions(() => servers.create(callerOf), limits, log);
  const stateless = createMcpHandler(() => servers.create(callerOf), { legacy: "reject", onerror });

  const plain = plainAnswers(servers, sessions, options.info);

  async function serve(request: HttpRequest, response: HttpResponse): Promise<Response | PlainAnswer> {
    if (!METHODS.includes(request.method ?? "")) {
      return errorResponse(405, -32000, `Use ${METHODS.join(", ")}.`, { allow: METHODS.join(", ") });
    }
    const caller = identify === undefined ? localCaller : await identify(request);
    let body: unknown;
    if (request.method === "POST") {
      if (!isJsonContentType(request.headers["content-type"])) {
        return errorResponse(415, -32000, "Content-Type must be application/json.");
      }
      const bytes = await readBody(request, maxBodyBytes);
      if (bytes === undefined) return errorResponse(413, -32000, `The body is longer than ${maxBodyBytes} bytes.`);
      try {
        body = JSON.parse(textOf(bytes));
      } catch {
        return errorResponse(400, -32700, "Parse error: the body is not valid JSON in UTF-8.");
      }
      if (isTooDeep(body, bytes.length)) return errorResponse(400, -32600, TOO_DEEP);
      const call = readPlainCall(request.headers, body);
      const answer = call && plain.answer(call, request, response, caller);
      if (answer) return answer;
    }
    const webRequest = toRequest(request, response);
    callers.set(webRequest, caller);
    if (!(await isLegacyRequest(webRequest, body))) return stateless.fetch(webRequest, { parsedBody: body });
    const finished = new Promise<void>((resolve) => response.once("close", resolve));
    return sessions.serve(webRequest, body, caller, finished);
  }

  async function handle(request: HttpRequest, response: HttpResponse): Promise<void> {
    const answer = await serve(request, response).catch((error) => {
      const status = error instanceof ConnectError ? STATUS.get(error.code) : undefined;
      if (status !== undefined) return refusal(error, status);
      if (!isGone(response)) log("MCP request failed", { error });
      return errorResponse(500, -32603, "Internal error. Try again.");
    });
    const isPlain = !(answer instanceof Response);
    if (isGone(response)) return void (isPlain || (await answer.body?.cancel()));
    if (isPlain) return sendPlain(answer, response);
    // What is left of a request that was not read to its end cannot be told from the next one.
    if (!request.complete && request.httpVersionMajor === 1) response.setHeader("connection", "close");
    await sendResponse(answer, response);
  }

  return {
    handler(request, response) {
      handle(request, response).catch((error) => {
        log("MCP response failed", { error });
        response.destroy();
      });
    },
    async close() {
      plain.stop();
      await Promise.all([sessions.close(), stateless.close()]);
    },
  };
}
