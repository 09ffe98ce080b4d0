// Answers plain calls: the same tools by the same rules as the SDK's servers, without a Request, a Server and a Response for each.
import { type Implementation, ProtocolError, SERVER_INFO_META_KEY } from "@modelcontextprotocol/server";
import type { HttpRequest, HttpResponse } from "../../runtime/http/http-port.ts";
import type { Caller } from "../../runtime/identity/caller.ts";
import type { ToolResult } from "../catalog.ts";
import { showsForms } from "./elicitation.ts";
import { type PlainAnswer, untilHangUp } from "./http-bridge.ts";
import type { McpServers } from "./mcp-server.ts";
import type { PlainCall } from "./plain-call.ts";
import type { RequestContext } from "./request-context.ts";
import type { Sessions } from "./sessions.ts";

/** Answers plain calls of one endpoint. */
export interface PlainAnswers {
  /** Answers a call; undefined where that takes more than one question and one answer, and so the SDK. */
  answer(
    call: PlainCall,
    request: HttpRequest,
    response: HttpResponse,
    caller: Caller,
  ): Promise<PlainAnswer> | undefined;
  /** Ends the calls under way. */
  stop(): void;
}

const JSON_TYPE = { "content-type": "application/json" };
const single = (value: string | string[] | undefined) => (Array.isArray(value) ? value.join(", ") : value);

/** A result as JSON, in pieces. Its text is the JSON of its structured content, which is not made once more. */
function jsonOf({ structuredContent: _, ...rest }: ToolResult, stamp: object | undefined): string[] {
  return [JSON.stringify({ ...rest, ...stamp }).slice(0, -1), ',"structuredContent":', rest.content[0].text, "}"];
}

const unexpected = () => Promise.reject(new Error("A tool that reports no progress has reported some."));

/** @param info how the server names itself to clients, as of 2026-07-28 with every result */
export function plainAnswers(servers: McpServers, sessions: Sessions, info: Implementation): PlainAnswers {
  const underWay = new Set<AbortController>();
  const stamp = { resultType: "complete", _meta: { [SERVER_INFO_META_KEY]: info } };

  /** A cancelled call has no answer (MCP, cancellation): none of JSON-RPC, that is. */
  async function answered(
    { id, params, from }: PlainCall,
    context: RequestContext,
    headers: PlainAnswer["headers"],
  ): Promise<PlainAnswer> {
    const outcome = await servers.callTool(params, context).then(
      // Nobody is asked a question here: `answer` leaves those who could be to the SDK.
      (result) => ['"result":', ...jsonOf(result as ToolResult, from && stamp)],
      (error) => {
        // Whatever else is thrown is thrown for one reason: the call was cancelled.
        if (!(error instanceof ProtocolError) && !context.signal.aborted) throw error;
        return [`"error":${JSON.stringify({ code: error.code, message: error.message })}`];
      },
    );
    if (context.signal.aborted) return { status: from ? 499 : 202, headers: {}, text: [] };
    return { status: 200, headers, text: [`{"jsonrpc":"2.0","id":${JSON.stringify(id)},`, ...outcome, "}"] };
  }

  return {
    answer(call, { headers }, response, caller) {
      const { id, params, from } = call;
      const sessionId = single(headers["mcp-session-id"]);
      const session = from ? undefined : sessions.find(sessionId, caller);
      if (!from && !session) return undefined;
      const capabilities = from ? from.capabilities : session?.server.getClientCapabilities();
      const tool = servers.findTool(params.name, caller);
      if (!tool || tool.reportsProgress || (tool.approval && showsForms({ capabilities }))) return undefined;

      const stop = new AbortController();
      const context: RequestContext = {
        ...{ id, method: "tools/call", caller, capabilities },
        client: from ? from.client : session?.server.getClientVersion(),
        meta: params._meta,
        header: (name) => single(headers[name]),
        signal: untilHangUp(response, stop),
        notify: unexpected,
      };
      if (session) {
        const sessionHeaders = { ...JSON_TYPE, "mcp-session-id": sessionId as string };
        return session.run(id, stop, () => answered(call, context, sessionHeaders));
      }
      underWay.add(stop);
      return answered(call, context, JSON_TYPE).finally(() => underWay.delete(stop));
    },
    stop() {
      for (const stop of underWay) stop.abort(new Error("The server is closing."));
    },
  };
}
