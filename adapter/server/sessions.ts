// Sessions of clients that speak a revision before 2026-07-28: one protocol instance each, owned by one caller.
import { randomUUID } from "node:crypto";
import {
  isInitializeRequest,
  type Server,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";
import type { Caller } from "../../runtime/identity/caller.ts";
import type { Log } from "../../runtime/log.ts";
import { errorResponse } from "./protocol-errors.ts";

/** Bounds of what sessions may hold. */
export interface SessionLimits {
  /** Sessions at a time, over all callers. */
  readonly maxSessions: number;
  /** Milliseconds without an open request after which a session ends. */
  readonly sessionIdleMs: number;
}

/** The sessions of an endpoint. */
export interface Sessions {
  /**
   * Serves one HTTP request.
   *
   * @param body the parsed JSON of a POST
   * @param finished settles when the exchange is over
   */
  serve(request: Request, body: unknown, caller: Caller, finished: Promise<void>): Promise<Response>;
  /** Ends every session, and with it every call in flight. */
  close(): Promise<void>;
}

interface Session {
  readonly id: string;
  readonly principal: string;
  readonly transport: WebStandardStreamableHTTPServerTransport;
  readonly server: Server;
  open: number;
  lastUsed: number;
}

// To another caller a session does not exist: who hijacks an id learns nothing from trying it.
const notFound = () => errorResponse(404, -32001, "Session not found. Initialize a new one.");

/** Whose session goes when there are too many: of whoever holds the most, the one unused for longest. */
function victim(sessions: Iterable<Session>): Session | undefined {
  const held = Map.groupBy(sessions, ({ principal }) => principal);
  const [most = []] = [...held.values()].sort((a, b) => b.length - a.length);
  return most.reduce<Session | undefined>(
    (oldest, it) => (oldest && oldest.lastUsed <= it.lastUsed ? oldest : it),
    undefined,
  );
}

/** Makes the sessions of an endpoint; `createServer` makes the protocol instance of each. */
export function createSessions(createServer: () => Server, limits: SessionLimits, log: Log): Sessions {
  const sessions = new Map<string, Session>();

  const expire = () => {
    const oldest = performance.now() - limits.sessionIdleMs;
    for (const session of sessions.values()) {
      if (session.open === 0 && session.lastUsed <= oldest) void session.server.close();
    }
  };
  const expiry = setInterval(expire, Math.min(60_000, Math.ceil(limits.sessionIdleMs / 2))).unref();

  async function initialize(request: Request, body: unknown, caller: Caller): Promise<[Response, Session | undefined]> {
    const server = createServer();
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => {
        while (sessions.size >= limits.maxSessions) {
          const evicted = victim(sessions.values());
          if (evicted === undefined) break;
          sessions.delete(evicted.id);
          void evicted.server.close();
        }
        const { principal } = caller;
        sessions.set(id, { id, principal, transport, server, open: 0, lastUsed: performance.now() });
      },
    });
    server.onclose = () => sessions.delete(transport.sessionId ?? "");
    server.onerror = (error) => log("MCP session error", { error }, "warn");
    await server.connect(transport);
    const response = await transport.handleRequest(request, { parsedBody: body });
    const session = sessions.get(transport.sessionId ?? "");
    if (session === undefined) await server.close();
    return [response, session];
  }

  function hold(session: Session, finished: Promise<void>): void {
    session.open++;
    void finished.finally(() => {
      session.open--;
      session.lastUsed = performance.now();
    });
  }

  return {
    async serve(request, body, caller, finished) {
      const id = request.headers.get("mcp-session-id");
      if (id === null) {
        if (!isInitializeRequest(body)) {
          return errorResponse(
            400,
            -32000,
            "No session: send initialize first, then its Mcp-Session-Id with every request.",
          );
        }
        const [response, session] = await initialize(request, body, caller);
        if (session) hold(session, finished);
        return response;
      }
      const session = sessions.get(id);
      if (session === undefined || session.principal !== caller.principal) return notFound();
      hold(session, finished);
      return session.transport.handleRequest(request, { parsedBody: body });
    },
    async close() {
      clearInterval(expiry);
      await Promise.all([...sessions.values()].map(({ server }) => server.close()));
    },
  };
}
